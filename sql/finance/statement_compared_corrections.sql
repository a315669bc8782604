-- One row per rate line of corrections: credits booked in a period and in the one before.
with both_periods as (
    select
        org_id, dimensions, billing_type, brand, model, key_mode, meter, credits,
        'before' as period
    from corrections_before
    union all
    select
        org_id, dimensions, billing_type, brand, model, key_mode, meter, credits,
        'after' as period
    from corrections
)

select
    org_id,
    cast(dimensions as varchar) as dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    meter,
    sum(credits) filter (period = 'before') as before_credits,
    sum(credits) filter (period = 'after') as after_credits
from both_periods
group by org_id, dimensions, billing_type, brand, model, key_mode, meter
order by org_id, dimensions, billing_type, brand, model, key_mode, meter
