-- One row per counted storage snapshot of one date.
select * from snapshots where usage_date = $usage_date
