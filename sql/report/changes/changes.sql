-- One row per charge and cause: what the cause added to its quantity, credits and dollars.
with steps as (
    select
        f_id,
        case step
            when 1 then 'late_usage'
            when 2 then 'withdrawn'
            when 3 then 'mapping'
            when 4 then 'quarantine'
            when 5 then case when moved_by = 'names' then 'names' else 'price_change' end
            when 6 then 'agreement_or_cap'
            when 7 then 'rules'
        end as cause,
        step,
        quantity - lag(quantity) over (partition by f_id order by step) as quantity,
        credit_billionths - lag(credit_billionths) over (partition by f_id order by step)
            as credit_billionths
    from walk
),

amounts as (
    select
        steps.*,
        credit_billionths * cast(effective_cards.cents as hugeint) as usd_parts,
        cells.* exclude (
            f_id, k_id, g_id, old_quantity, new_quantity, old_credits, new_credits
        )
    from steps
    inner join cells on cells.f_id = steps.f_id
    inner join effective_cards
        on effective_cards.usage_date = cells.usage_date
        and effective_cards.rate_card = cells.rate_card
    where steps.step > 0
)

select
    usage_date,
    org_id,
    dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    meter,
    per,
    list_price,
    price,
    rate_card,
    agreement,
    cause,
    cast(quantity as bigint) as quantity,
    case
        when credit_billionths < 0 then -billionths_as_decimal(-credit_billionths)
        else billionths_as_decimal(credit_billionths)
    end as credits,
    case
        when usd_parts < 0 then -usd_parts_as_decimal(-usd_parts)
        else usd_parts_as_decimal(usd_parts)
    end as usd
from amounts
where quantity <> 0 or credit_billionths <> 0
