-- One row per line of one date.
select * from lines where usage_date = $usage_date
