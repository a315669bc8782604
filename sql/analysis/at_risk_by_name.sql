-- One row per usage date, billing type, logged name, key mode and reason of usage without a price.
with meters as (
    select
        usage_date, billing_type, brand, model, key_mode, reason, meter,
        sum(quantity) as quantity,
        sum(least_credits) as least_credits,
        sum(most_credits) as most_credits
    from at_risk
    group by usage_date, billing_type, brand, model, key_mode, reason, meter
)

select
    usage_date,
    billing_type,
    brand,
    model,
    key_mode,
    reason,
    string_agg(concat(cast(quantity as varchar), ' ', meter), ', ' order by meter) as quantities,
    sum(least_credits) as least_credits,
    sum(most_credits) as most_credits
from meters
group by usage_date, billing_type, brand, model, key_mode, reason
order by
    most_credits desc nulls last, usage_date, billing_type, brand, model, key_mode, reason
