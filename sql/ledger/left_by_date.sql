-- One row per grant and date that changes it: what is left of it and of its dollars at the end. Of
-- organizations to which something was given back, or that were overdrawn: of others less is left
-- on each date than before, so that the last one tells.
with looked_at as (
    select org_id from ledger where entry in ('restored', 'uncovered', 'covered')
    union
    select org_id from owed_before
),

changes as (
    select grant_id, usage_date, sum(credits) as credits, sum(usd) as usd
    from ledger
    where grant_id is not null and org_id in (from looked_at)
    group by grant_id, usage_date
    union all
    select grants_before.grant_id, null as usage_date, grants_before.credits, grants_before.usd
    from grants_before
    inner join known_grants using (grant_id)
    where known_grants.org_id in (from looked_at)
)

select
    grant_id, usage_date,
    sum(credits) over through_date as credits,
    sum(usd) over through_date as usd
from changes
window through_date as (
    partition by grant_id order by usage_date nulls first rows unbounded preceding
)
