-- One row per organization whose rows, credits or dollars are not those of its charges and
-- corrections, or whose contracted costs, the rounding included, do not sum to its dollars.
with amounts as (
    select org_id, credits, usd from charges
    union all
    select org_id, credits, usd from corrections
),

charged as (
    select org_id, count(*) as lines, sum(credits) as credits, sum(usd) as usd
    from amounts
    group by org_id
),

shown as (
    select
        "BillingAccountId" as org_id,
        count(*) filter (where "ChargeCategory" = 'Usage') as lines,
        sum("PricingCurrencyEffectiveCost") as credits,
        sum("EffectiveCost") as usd,
        sum("ContractedCost") as contracted
    from focus
    group by "BillingAccountId"
)

select org_id, charged.usd as charged, shown.usd as shown, contracted
from charged
full join shown using (org_id)
where (
    charged.lines = shown.lines
    and charged.credits = shown.credits
    and charged.usd = shown.usd
    and shown.contracted = shown.usd
) is not true
