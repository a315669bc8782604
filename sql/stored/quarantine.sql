-- One row per quarantined row of one date.
select *, outcome as reason
from quarantined_rows
where usage_date = $usage_date
