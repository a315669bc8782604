-- One row per organization and cause, the organizations with the largest differences first.
with sums as (
    select
        org_id, cause, count(*) as charges, sum(credits) as credits, sum(usd) as usd
    from changes
    group by org_id, cause
)

select org_id, cause, charges, credits, usd
from sums
order by
    abs(sum(credits) over (partition by org_id)) desc, org_id, abs(credits) desc, cause
