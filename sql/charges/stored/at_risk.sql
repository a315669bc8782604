-- One row per quantity without a price of one date.
select * from at_risk where usage_date = $usage_date
