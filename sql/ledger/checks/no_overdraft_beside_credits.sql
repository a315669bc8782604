-- One row per overdrawn charge at the end of the newest date beside a grant that could repay it.
with left_over as (
    select known_grants.grant_id, known_grants.org_id, known_grants.billing_types
    from grants_through
    inner join known_grants using (grant_id)
    where grants_through.credits > 0
)

select
    owed_through.org_id, owed_through.charge_date, owed_through.billing_type, left_over.grant_id
from owed_through
inner join left_over
    on left_over.org_id = owed_through.org_id
    and (
        left_over.billing_types = ''
        or list_contains(string_split(left_over.billing_types, '|'), owed_through.billing_type)
    )
where owed_through.credits > 0
