-- One row per charge and date from which it is overdrawn beside a grant that could repay it: at the
-- end of that date and of those after it, until either changes.
with overdraft_changes as (
    select
        usage_date, org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter,
        per, list_price, price, rate_card, agreement, -credits as credits
    from ledger
    where entry in ('uncovered', 'covered')
    union all by name
    select null as usage_date, *
    from owed_before
),

owed as (
    select
        org_id, charge_date, billing_type,
        coalesce(usage_date, date '0001-01-01') as owed_from,
        coalesce(lead(usage_date) over of_charge, date '9999-12-31') as owed_until,
        sum(credits) over of_charge as credits  -- with all of its date
    from overdraft_changes
    window of_charge as (
        partition by
            org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
            list_price, price, rate_card, agreement
        order by usage_date nulls first
    )
),

left_over as (
    select
        grant_id, credits,
        coalesce(usage_date, date '0001-01-01') as left_from,
        coalesce(
            lead(usage_date) over (partition by grant_id order by usage_date nulls first),
            date '9999-12-31'
        ) as left_until
    from left_by_date
)

select distinct
    greatest(owed.owed_from, left_over.left_from) as usage_date,
    owed.org_id, owed.charge_date, owed.billing_type, left_over.grant_id
from left_over
inner join known_grants using (grant_id)
inner join owed
    on owed.org_id = known_grants.org_id
    and owed.owed_from < left_over.left_until
    and left_over.left_from < owed.owed_until
    and (
        known_grants.billing_types = ''
        or list_contains(string_split(known_grants.billing_types, '|'), owed.billing_type)
    )
where owed.credits > 0 and left_over.credits > 0
