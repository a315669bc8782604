-- One row per grant and date that changes it: what is left of it and of its dollars at the end.
with changes as (
    select grant_id, usage_date, sum(credits) as credits, sum(usd) as usd
    from ledger
    where grant_id is not null
    group by grant_id, usage_date
    union all
    select grant_id, null as usage_date, credits, usd
    from grants_before
)

select
    grant_id, usage_date,
    sum(credits) over through_date as credits,
    sum(usd) over through_date as usd
from changes
window through_date as (
    partition by grant_id order by usage_date nulls first rows unbounded preceding
)
