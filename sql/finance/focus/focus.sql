-- One row per charge or correction, and per organization and billing period whose costs do not sum
-- to its dollars one for the rounding: FOCUS 1.2, prices and costs exact.
with amounts as (
    select
        usage_date, usage_date as billed_on, org_id, dimensions, billing_type, brand, model,
        key_mode, meter, quantity, per, list_price, price, credits, usd, rate_card, agreement,
        cast(null as integer) as correction, cast(null as integer) as corrects,
        cast(null as varchar) as reason
    from charges
    union all
    select
        usage_date, booked_on as billed_on, org_id, dimensions, billing_type, brand, model,
        key_mode, meter, quantity, per, list_price, price, credits, usd, rate_card, agreement,
        correction, corrects, reason
    from corrections
),

-- a quantity in units of its price has 9 decimals at most; only minutes are rounded to them
measured as (
    select
        amounts.*,
        focus_services.service,
        focus_services.category,
        focus_services.subcategory,
        focus_services.service_name,
        focus_units.consumed_unit,
        focus_units.pricing_unit,
        cast(cast(quantity as decimal(38, 0)) * focus_units.consumed as decimal(38, 3))
            as consumed_quantity,
        billionths_as_decimal(half_even(
            abs(cast(quantity as hugeint)) * 1000000000,
            if(focus_units.priced < 1, 1, per)
        )) * sign(quantity) as pricing_quantity,
        cast(list_price as decimal(30, 9)) * focus_units.priced as credits_list_price,
        cast(price as decimal(30, 9)) * focus_units.priced as credits_price,
        focus_cards.usd_per_credit,
        nullif(json_extract_string(to_json(dimensions), '$.agent_id'), '') as agent,
        cast(json_merge_patch(to_json(dimensions), '{"agent_id": null}') as varchar) as tags
    from amounts
    left join focus_units using (meter)
    left join focus_services using (billing_type)
    left join focus_cards using (rate_card)
),

priced as (
    select
        *,
        cast(pricing_quantity as decimal(38, 9)) as units,
        cast(cast(credits_list_price as decimal(38, 12)) * usd_per_credit as decimal(38, 14))
            as usd_list_price,
        cast(cast(credits_price as decimal(38, 12)) * usd_per_credit as decimal(38, 14))
            as usd_price,
        -- encoded, since a name may hold the separator
        concat_ws('/', service, url_encode(brand), url_encode(model), meter) as sku_id
    from measured
),

rows_of_charges as (
    select
        cast(0 as decimal(38, 11)) as "BilledCost",
        org_id as "BillingAccountId",
        org_id as "BillingAccountName",
        'Organization' as "BillingAccountType",
        'USD' as "BillingCurrency",
        billing_periods.ends as "BillingPeriodEnd",
        billing_periods.starts as "BillingPeriodStart",
        'Usage' as "ChargeCategory",
        if(correction is null, null, 'Correction') as "ChargeClass",
        concat_ws(' ', model, replace(meter, '_', ' ')) as "ChargeDescription",
        'Usage-Based' as "ChargeFrequency",
        charge_periods.ends as "ChargePeriodEnd",
        charge_periods.starts as "ChargePeriodStart",
        cast(null as varchar) as "CommitmentDiscountStatus",
        consumed_quantity as "ConsumedQuantity",
        consumed_unit as "ConsumedUnit",
        usd_price * units as "ContractedCost",
        usd_price as "ContractedUnitPrice",
        usd as "EffectiveCost",
        cast(null as varchar) as "InvoiceId",
        getvariable('provider') as "InvoiceIssuerName",
        usd_list_price * units as "ListCost",
        usd_list_price as "ListUnitPrice",
        'Standard' as "PricingCategory",
        'CRD' as "PricingCurrency",
        credits_price as "PricingCurrencyContractedUnitPrice",
        credits as "PricingCurrencyEffectiveCost",
        credits_list_price as "PricingCurrencyListUnitPrice",
        units as "PricingQuantity",
        pricing_unit as "PricingUnit",
        getvariable('provider') as "ProviderName",
        getvariable('provider') as "PublisherName",
        category as "ServiceCategory",
        service_name as "ServiceName",
        subcategory as "ServiceSubcategory",
        sku_id as "SkuId",
        billing_type as "SkuMeter",
        cast(
            to_json(struct_pack("x_KeyMode" := key_mode, "x_Meter" := meter, "x_Model" := model))
            as varchar
        )
            as "SkuPriceDetails",
        concat_ws('/', sku_id, key_mode) as "SkuPriceId",
        -- an organization's id may hold the separator
        replace(replace(org_id, '%', '%25'), '/', '%2F') || '/' || agent as "SubAccountId",
        agent as "SubAccountName",
        if(agent is null, null, 'Agent') as "SubAccountType",
        nullif(tags, '{}') as "Tags",
        agreement as "x_Agreement",
        billing_type as "x_BillingType",
        brand as "x_Brand",
        correction as "x_Correction",
        reason as "x_CorrectionReason",
        key_mode as "x_KeyMode",
        meter as "x_Meter",
        rate_card as "x_RateCard",
        priced.usage_date as "x_UsageDate",
        coalesce(corrects, focus_versions.version) as "x_Version"
    from priced
    left join focus_days as charge_periods on charge_periods.day = priced.usage_date
    left join focus_months as billing_periods
        on billing_periods.month = date_trunc('month', priced.billed_on)
    left join focus_versions
        on focus_versions.usage_date = priced.usage_date and priced.correction is null
),

roundings as (
    select
        "BillingAccountId",
        "BillingPeriodEnd",
        "BillingPeriodStart",
        sum("EffectiveCost") - sum("ContractedCost") as rounding
    from rows_of_charges
    group by "BillingAccountId", "BillingPeriodEnd", "BillingPeriodStart"
)

select * from rows_of_charges
union all by name
select
    cast(0 as decimal(38, 11)) as "BilledCost",
    "BillingAccountId",
    "BillingAccountId" as "BillingAccountName",
    'Organization' as "BillingAccountType",
    'USD' as "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    'Adjustment' as "ChargeCategory",
    'Rounding: dollars of the charges less price x quantity' as "ChargeDescription",
    'One-Time' as "ChargeFrequency",
    "BillingPeriodEnd" as "ChargePeriodEnd",
    "BillingPeriodStart" as "ChargePeriodStart",
    rounding as "ContractedCost",
    cast(0 as decimal(38, 11)) as "EffectiveCost",
    getvariable('provider') as "InvoiceIssuerName",
    rounding as "ListCost",
    'CRD' as "PricingCurrency",
    cast(0 as decimal(38, 9)) as "PricingCurrencyEffectiveCost",
    getvariable('provider') as "ProviderName",
    getvariable('provider') as "PublisherName",
    'AI and Machine Learning' as "ServiceCategory",
    'Platform Credits' as "ServiceName",
    'AI Platforms' as "ServiceSubcategory"
from roundings
where rounding <> 0
