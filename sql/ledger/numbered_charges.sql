-- One row per charge that is booked in these dates (`booked_on`) or overdrawn before them (null),
-- under the number of its key: charges of one date burn in the order of these numbers.
with all_charges as (
    select
        booked_on, org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter,
        per, list_price, price, rate_card, agreement, credits
    from booked
    union all
    select
        null as booked_on, org_id, charge_date, dimensions, billing_type, brand, model, key_mode,
        meter, per, list_price, price, rate_card, agreement, credits
    from owed_before
)

select
    dense_rank() over (
        order by
            billing_type nulls first, charge_date, dimensions nulls first, brand nulls first,
            model nulls first, key_mode nulls first, meter, per, list_price nulls first,
            price nulls first, rate_card nulls first, agreement nulls first
    ) as key_id,
    all_charges.*
from all_charges
