-- One row per quarantined row of one date, whose `event_time` is an instant.
select *, cast(null as decimal(38, 0)) as event_time_raw, outcome as reason
from quarantined_rows
where usage_date = $usage_date
