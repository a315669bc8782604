-- One row per overdrawn charge at the end of the newest date beside a grant that could repay it.
with owed as (
    select org_id, charge_date, billing_type, -sum(credits) as credits
    from ledger_through
    where entry in ('uncovered', 'covered')
    group by
        org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement
    having sum(credits) < 0
),

left_over as (
    select known_grants.grant_id, known_grants.org_id, known_grants.billing_types
    from ledger_through
    inner join known_grants using (grant_id)
    group by known_grants.grant_id, known_grants.org_id, known_grants.billing_types
    having sum(ledger_through.credits) > 0
)

select owed.org_id, owed.charge_date, owed.billing_type, left_over.grant_id
from owed
inner join left_over
    on left_over.org_id = owed.org_id
    and (
        left_over.billing_types = ''
        or list_contains(string_split(left_over.billing_types, '|'), owed.billing_type)
    )
