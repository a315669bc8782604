-- One row per file and outcome of one date.
select * from account where usage_date = $usage_date
