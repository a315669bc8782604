-- One row per organization and billing type of one date.
select * from daily_usage where usage_date = $usage_date
