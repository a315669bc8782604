-- One row per charge and cause: what the cause added to its quantity, credits and dollars. Dollars
-- are what the credits after it cost, less what those before it did: their sum is the difference,
-- also where dollars are rounded.
with steps as (
    select
        f_id,
        unnest([
            'late_usage', 'withdrawn', 'mapping', 'quarantine',
            case when moved_by = 'names' then 'names' else 'price_change' end,
            'agreement_or_cap', 'rules'
        ]) as cause,
        unnest([
            quantity_1 - quantity_0,
            quantity_2 - quantity_1,
            quantity_3 - quantity_2,
            quantity_4 - quantity_3,
            quantity_5 - quantity_4,
            quantity_6 - quantity_5,
            quantity_7 - quantity_6
        ]) as quantity,
        unnest([
            credits_1 - credits_0,
            credits_2 - credits_1,
            credits_3 - credits_2,
            credits_4 - credits_3,
            credits_5 - credits_4,
            credits_6 - credits_5,
            credits_7 - credits_6
        ]) as credit_billionths,
        unnest([
            credits_0, credits_1, credits_2, credits_3, credits_4, credits_5, credits_6
        ]) as billionths_before
    from walk
),

amounts as (
    select
        steps.*,
        usd_parts(billionths_before + credit_billionths, effective_cards.usd_billionths)
        - usd_parts(billionths_before, effective_cards.usd_billionths) as usd_parts,
        cells.* exclude (
            f_id, k_id, g_id, old_quantity, new_quantity, old_credits, new_credits
        )
    from steps
    inner join cells on cells.f_id = steps.f_id
    inner join effective_cards
        on effective_cards.usage_date = cells.usage_date
        and effective_cards.rate_card = cells.rate_card
    where steps.quantity <> 0 or steps.credit_billionths <> 0
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
