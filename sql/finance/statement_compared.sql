-- One row per rate line of charges and price: quantity and credits in a period and the one before.
with both_periods as (
    select
        org_id, dimensions, billing_type, brand, model, key_mode, meter, per, price, quantity,
        credits, 'before' as period
    from charges_before
    union all
    select
        org_id, dimensions, billing_type, brand, model, key_mode, meter, per, price, quantity,
        credits, 'after' as period
    from charges
)

select
    org_id,
    cast(dimensions as varchar) as dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    meter,
    per,
    price,
    sum(quantity) filter (period = 'before') as before_quantity,
    sum(credits) filter (period = 'before') as before_credits,
    sum(quantity) filter (period = 'after') as after_quantity,
    sum(credits) filter (period = 'after') as after_credits
from both_periods
group by org_id, dimensions, billing_type, brand, model, key_mode, meter, per, price
order by org_id, dimensions, billing_type, brand, model, key_mode, meter, per, price
