-- One row per line of usage of one date.
select * from usage where usage_date = $usage_date
