-- One row per charge of one date.
select * from charges where usage_date = $usage_date
