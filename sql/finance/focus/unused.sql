-- One row per date and grant whose credits ended unused, or were taken back: what of its price was
-- not given back, in FOCUS 1.2.
with gone as (
    select grant_id, usage_date, -credits as credits, -usd as usd
    from ledger_through
    where usage_date >= $first and entry in ('expired', 'voided')
    union all
    select grant_id, usage_date, 0 as credits, -usd_refunded as usd
    from known_voids
    where usage_date >= $first
),

summed as (
    select
        grant_id,
        usage_date,
        cast(sum(credits) as decimal(38, 9)) as credits,
        cast(sum(usd) as decimal(38, 11)) as usd
    from gone
    group by grant_id, usage_date
    having sum(credits) <> 0 or sum(usd) <> 0
)

select
    cast(0 as decimal(38, 11)) as "BilledCost",
    known_grants.org_id as "BillingAccountId",
    known_grants.org_id as "BillingAccountName",
    'Organization' as "BillingAccountType",
    'USD' as "BillingCurrency",
    billing_periods.ends as "BillingPeriodEnd",
    billing_periods.starts as "BillingPeriodStart",
    'Adjustment' as "ChargeCategory",
    concat('Credits that ended unused: ', known_grants.kind) as "ChargeDescription",
    'One-Time' as "ChargeFrequency",
    charge_periods.ends as "ChargePeriodEnd",
    charge_periods.starts as "ChargePeriodStart",
    cast(summed.usd as decimal(38, 23)) as "ContractedCost",
    summed.usd as "EffectiveCost",
    getvariable('provider') as "InvoiceIssuerName",
    cast(summed.usd as decimal(38, 23)) as "ListCost",
    'CRD' as "PricingCurrency",
    summed.credits as "PricingCurrencyEffectiveCost",
    getvariable('provider') as "ProviderName",
    getvariable('provider') as "PublisherName",
    'AI and Machine Learning' as "ServiceCategory",
    'Platform Credits' as "ServiceName",
    'AI Platforms' as "ServiceSubcategory",
    known_grants.grant_id as "x_GrantId",
    known_grants.kind as "x_GrantKind",
    summed.usage_date as "x_UsageDate"
from summed
inner join known_grants using (grant_id)
left join focus_days as charge_periods on charge_periods.day = summed.usage_date
left join focus_months as billing_periods
    on billing_periods.month = date_trunc('month', summed.usage_date)
