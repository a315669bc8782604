-- One row per quarantined row of one date.
select *, outcome as reason
from outcomes
where
    usage_date = $usage_date
    and outcome not in ('rated', 'duplicate', 'not_billable', 'superseded')
