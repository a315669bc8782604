-- One row per charge or correction and grant that paid for it: FOCUS 1.2, prices and costs exact.
-- A quantity in units of its price has 9 decimals at most; only minutes are rounded to them
with measured as (
    select
        focus_amounts.*,
        focus_services.service,
        focus_services.category,
        focus_services.subcategory,
        focus_services.service_name,
        focus_units.consumed_unit,
        focus_units.pricing_unit,
        focus_units.priced as price_times,
        cast(cast(quantity as decimal(38, 0)) * focus_units.consumed as decimal(38, 3))
            as consumed_quantity,
        billionths_as_decimal(half_even(
            abs(cast(quantity as hugeint)) * 1000000000,
            if(focus_units.priced < 1, 1, per)
        )) * sign(quantity) as pricing_quantity,
        cast(list_price as decimal(30, 9)) * focus_units.priced as credits_list_price,
        cast(price as decimal(30, 9)) * focus_units.priced as credits_price,
        focus_cards.usd_billionths,
        nullif(json_extract_string(to_json(dimensions), '$.agent_id'), '') as agent,
        cast(json_merge_patch(to_json(dimensions), '{"agent_id": null}') as varchar) as tags
    from focus_amounts
    left join focus_units using (meter)
    left join focus_services using (billing_type)
    left join focus_cards using (rate_card)
),

priced as (
    select
        measured.*,
        focus_grants.kind as grant_kind,
        cast(pricing_quantity as decimal(38, 9)) as units,
        usd_of_price(credits_list_price, usd_billionths) as usd_list_price,
        -- what this grant's credits were bought for; where none paid, what the card says
        case
            when focus_grants.grant_id is null
                then usd_of_price(credits_price, usd_billionths)
            else cast(half_even(
                cast(cast(price as decimal(28, 9)) * 1000000000 as hugeint)
                * cast(price_times * 1000 as hugeint) * focus_grants.usd * 100,
                focus_grants.credits
            ) as decimal(38, 0)) * cast('0.00000000000001' as decimal(14, 14))
        end as usd_price,
        -- encoded, since a name may hold the separator
        concat_ws('/', service, url_encode(brand), url_encode(model), meter) as sku_id
    from measured
    left join focus_grants using (grant_id)
)

select
    cast(0 as decimal(38, 11)) as "BilledCost",
    org_id as "BillingAccountId",
    org_id as "BillingAccountName",
    'Organization' as "BillingAccountType",
    'USD' as "BillingCurrency",
    billing_periods.ends as "BillingPeriodEnd",
    billing_periods.starts as "BillingPeriodStart",
    'Usage' as "ChargeCategory",
    if(correction is null and priced.usage_date = billed_on, null, 'Correction') as "ChargeClass",
    concat_ws(' ', model, replace(meter, '_', ' ')) as "ChargeDescription",
    'Usage-Based' as "ChargeFrequency",
    charge_periods.ends as "ChargePeriodEnd",
    charge_periods.starts as "ChargePeriodStart",
    cast(null as varchar) as "CommitmentDiscountStatus",
    consumed_quantity as "ConsumedQuantity",
    consumed_unit as "ConsumedUnit",
    cast(usd_price as decimal(38, 14)) * units as "ContractedCost",
    cast(usd_price as decimal(38, 14)) as "ContractedUnitPrice",
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
    grant_id as "x_GrantId",
    grant_kind as "x_GrantKind",
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
