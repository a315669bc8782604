-- One row per grant that began in the period, and per date and grant whose credits were taken back
-- for money: FOCUS 1.2. Credits are prepaid: what was paid is billed, and costs when it is used.
with refunded as (
    select
        known_voids.grant_id,
        known_voids.usage_date,
        sum(known_voids.usd_refunded) as usd
    from known_voids
    where known_voids.usage_date >= $first
    group by known_voids.grant_id, known_voids.usage_date
    having sum(known_voids.usd_refunded) <> 0
),

taken_back as (
    select grant_id, usage_date, -sum(credits) as credits
    from ledger_through
    where usage_date >= $first and entry = 'voided'
    group by grant_id, usage_date
),

bought as (
    select
        known_grants.grant_id,
        known_grants.effective_date as day,
        coalesce(known_grants.expires_date, known_grants.effective_date + 1) as ends_on,
        known_grants.credits as units,
        known_grants.usd_paid as usd,
        concat('Credits: ', known_grants.kind) as description
    from known_grants
    where known_grants.effective_date >= $first
    union all
    select
        refunded.grant_id,
        refunded.usage_date as day,
        refunded.usage_date + 1 as ends_on,
        -coalesce(taken_back.credits, 0) as units,
        -refunded.usd as usd,
        concat('Credits taken back: ', known_grants.kind) as description
    from refunded
    inner join known_grants using (grant_id)
    left join taken_back using (grant_id, usage_date)
),

priced as (
    select
        bought.*,
        known_grants.org_id,
        known_grants.kind,
        cast(bought.units as decimal(38, 9)) as quantity,
        cast(focus_credit_prices.usd_per_credit as decimal(38, 14)) as list_price,
        case
            when bought.units = 0 then cast(0 as decimal(38, 14))
            else cast(half_even(
                cast(abs(cast(bought.usd as decimal(38, 9))) * 1000000000 as hugeint)
                * 100000000000000,
                cast(abs(cast(bought.units as decimal(38, 9))) * 1000000000 as hugeint)
            ) as decimal(38, 0)) * cast('0.00000000000001' as decimal(14, 14))
        end as price
    from bought
    inner join known_grants using (grant_id)
    inner join focus_credit_prices on focus_credit_prices.day = bought.day
)

select
    cast(usd as decimal(38, 11)) as "BilledCost",
    org_id as "BillingAccountId",
    org_id as "BillingAccountName",
    'Organization' as "BillingAccountType",
    'USD' as "BillingCurrency",
    billing_periods.ends as "BillingPeriodEnd",
    billing_periods.starts as "BillingPeriodStart",
    'Purchase' as "ChargeCategory",
    description as "ChargeDescription",
    'One-Time' as "ChargeFrequency",
    last_dates.starts as "ChargePeriodEnd",
    first_dates.starts as "ChargePeriodStart",
    cast(price as decimal(38, 14)) * quantity as "ContractedCost",
    cast(price as decimal(38, 14)) as "ContractedUnitPrice",
    cast(0 as decimal(38, 11)) as "EffectiveCost",
    getvariable('provider') as "InvoiceIssuerName",
    list_price * quantity as "ListCost",
    list_price as "ListUnitPrice",
    'Standard' as "PricingCategory",
    'USD' as "PricingCurrency",
    cast(price as decimal(38, 12)) as "PricingCurrencyContractedUnitPrice",
    cast(0 as decimal(38, 9)) as "PricingCurrencyEffectiveCost",
    cast(list_price as decimal(38, 12)) as "PricingCurrencyListUnitPrice",
    quantity as "PricingQuantity",
    'Credits' as "PricingUnit",
    getvariable('provider') as "ProviderName",
    getvariable('provider') as "PublisherName",
    'AI and Machine Learning' as "ServiceCategory",
    'Platform Credits' as "ServiceName",
    'AI Platforms' as "ServiceSubcategory",
    'credits' as "SkuId",
    'Credits' as "SkuMeter",
    concat('credits/', kind) as "SkuPriceId",
    grant_id as "x_GrantId",
    kind as "x_GrantKind",
    priced.day as "x_UsageDate"
from priced
left join focus_days as first_dates on first_dates.day = priced.day
left join focus_days as last_dates on last_dates.day = priced.ends_on
left join focus_months as billing_periods on billing_periods.month = date_trunc('month', priced.day)
