-- One row per date on which it is booked, organization and charge: the credits, net.
with signed as (
    select
        usage_date as booked_on, org_id, usage_date as charge_date, dimensions, billing_type, brand,
        model, key_mode, meter, per, list_price, price, rate_card, agreement, credits
    from charges_reported
    union all
    select
        booked_on, org_id, usage_date as charge_date, dimensions, billing_type, brand,
        model, key_mode, meter, per, list_price, price, rate_card, agreement, credits
    from corrections_booked
    where booked_on between $first and $last
)

select
    booked_on, org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
    list_price, price, rate_card, agreement,
    sum(credits) as credits
from signed
group by
    booked_on, org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
    list_price, price, rate_card, agreement
having sum(credits) <> 0
