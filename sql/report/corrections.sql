-- One row per charge key of a closed date that is not what was reported of it: what is added.
with signed as (
    select
        usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement,
        cast(quantity as hugeint) as quantity, credits, usd, discount
    from charges_now
    union all
    select
        usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement,
        -cast(quantity as hugeint) as quantity, -credits as credits, -usd as usd,
        -discount as discount
    from charges_closed
    union all
    select
        usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement,
        -cast(quantity as hugeint) as quantity, -credits as credits, -usd as usd,
        -discount as discount
    from corrections_booked
),

summed as (
    select
        usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement,
        sum(quantity) as quantity,
        sum(credits) as credits,
        sum(usd) as usd,
        sum(discount) as discount
    from signed
    group by
        usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement
)

select
    getvariable('booked_on') as booked_on,
    summed.*,
    getvariable('reason') as reason,
    getvariable('corrects') as corrects,
    getvariable('correction') as correction
from summed
where quantity <> 0 or credits <> 0 or usd <> 0 or discount <> 0
