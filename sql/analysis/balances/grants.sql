-- One row per grant of an organization with credits left at the end of a date, in the order in
-- which they burn.
with left_over as (
    select grant_id, sum(credits) as credits
    from ledger
    where org_id = $org and usage_date <= $at_end_of and grant_id is not null
    group by grant_id
)

select
    grants.grant_id, grants.kind, grants.credits, left_over.credits as "left",
    grants.effective_date, grants.expires_date, grants.priority, grants.billing_types
from left_over
inner join grants using (grant_id)
where left_over.credits > 0
order by
    grants.priority, grants.expires_date nulls last,
    list_position($kinds, grants.kind),
    grants.effective_date, grants.grant_id
