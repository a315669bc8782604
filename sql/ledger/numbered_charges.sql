-- One row per charge or correction that is booked in these dates (`booked_on`), and per charge
-- that is overdrawn before them (null), under the number of its key: charges of one date burn
-- in the order of these numbers.
with all_charges as (
    select
        usage_date as booked_on, org_id, usage_date as charge_date, dimensions, billing_type, brand,
        model, key_mode, meter, per, list_price, price, rate_card, agreement, credits
    from charges_reported
    where usage_date between $first and $last and credits <> 0
    union all
    select
        booked_on, org_id, usage_date as charge_date, dimensions, billing_type, brand,
        model, key_mode, meter, per, list_price, price, rate_card, agreement, credits
    from corrections_booked
    where booked_on between $first and $last and credits <> 0
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
    all_charges.* replace (cast(all_charges.credits as decimal(38, 9)) as credits)
from all_charges
