-- One row per organization whose rows of usage, credits or dollars are not those of its charges
-- and corrections, or whose contracted costs, the rounding included, do not sum to its dollars.
-- Beside a ledger of credits a charge may have several rows, and what no grant paid for costs
-- nothing yet.
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
        sum("PricingCurrencyEffectiveCost") filter (where "ChargeCategory" = 'Usage') as credits,
        sum(if("ChargeCategory" = 'Purchase', "BilledCost", "EffectiveCost")) as usd,
        sum("ContractedCost") filter (
            where "x_GrantId" is not null
            or "ChargeCategory" = 'Adjustment'
            or not getvariable('has_ledger')
        ) as contracted
    from focus
    group by "BillingAccountId"
)

select org_id, charged.usd as charged, shown.usd as shown, contracted
from charged
full join shown using (org_id)
where (
    (getvariable('has_ledger') or (charged.lines = shown.lines and charged.usd = shown.usd))
    and coalesce(charged.credits, 0) = coalesce(shown.credits, 0)
    and coalesce(shown.contracted, 0) = shown.usd
) is not true
