-- One row per charge or correction and grant that paid for it, per grant that was bought or taken
-- back, per grant whose credits ended unused, and per organization and billing period whose costs
-- do not sum to its dollars one for the rounding: FOCUS 1.2.
with every_row as (
    select * from focus_usage
    union all by name
    select * from focus_purchases
    union all by name
    select * from focus_unused
),

-- what no grant pays for costs nothing yet: that is not rounding
roundings as (
    select
        "BillingAccountId",
        "BillingPeriodEnd",
        "BillingPeriodStart",
        sum(if("ChargeCategory" = 'Purchase', "BilledCost", "EffectiveCost") - "ContractedCost")
            as rounding
    from every_row
    where "x_GrantId" is not null or not getvariable('has_ledger')
    group by "BillingAccountId", "BillingPeriodEnd", "BillingPeriodStart"
)

select * from every_row
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
