-- One row: credits of all usage and corrections, or of one organization's.
with booked as (
    select org_id, credits from daily_usage
    union all
    select org_id, credits from corrections
)

select cast(coalesce(sum(credits), 0) as decimal(38, 9)) as credits
from booked
where $org_id is null or org_id = $org_id
