-- One row per charge or correction of the period, as a statement shows it.
with amounts as (
    select
        'usage' as kind, usage_date, org_id, dimensions, billing_type, brand, model, key_mode,
        meter, quantity, per, list_price, price, credits, usd, rate_card, agreement,
        cast(null as varchar) as reason
    from charges
    union all
    select
        'correction' as kind, usage_date, org_id, dimensions, billing_type, brand, model, key_mode,
        meter, quantity, per, list_price, price, credits, usd, rate_card, agreement, reason
    from corrections
)

select
    kind, usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, quantity,
    per, list_price, price, credits, usd, rate_card, agreement, reason
from amounts
order by
    org_id, kind desc, usage_date, dimensions, billing_type, brand, model, key_mode, meter, price,
    list_price, rate_card, agreement, quantity, credits
