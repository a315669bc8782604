-- One row per organization whose costs are not its revenue: usage what it earned, credits that
-- ended unused the breakage, purchases what was sold less what was given back; or per grant whose
-- costs are not the dollars of the credits that are gone.
with by_organization as (
    select
        "BillingAccountId" as id,
        coalesce(sum("EffectiveCost") filter (where "ChargeCategory" = 'Usage'), 0) as usage,
        coalesce(sum("EffectiveCost") filter (where "ChargeCategory" = 'Adjustment'), 0)
            as breakage,
        sum("BilledCost") as billed
    from focus
    group by "BillingAccountId"
),

by_grant as (
    select
        "x_GrantId" as id,
        sum("EffectiveCost") as cost,
        sum("BilledCost") as billed
    from focus
    where "x_GrantId" is not null
    group by "x_GrantId"
),

moved as (
    select
        grant_id,
        sum(if(entry = 'granted', 0, -usd)) as gone,
        sum(if(entry = 'granted', usd, 0)) as paid
    from ledger_through
    where usage_date >= getvariable('period_first') and grant_id is not null
    group by grant_id
),

given_back as (
    select grant_id, sum(usd_refunded) as refunded
    from known_voids
    where usage_date >= getvariable('period_first')
    group by grant_id
),

wanted as (
    select
        grant_id as id,
        coalesce(gone, 0) - coalesce(refunded, 0) as cost,
        coalesce(paid, 0) - coalesce(refunded, 0) as billed
    from moved
    full join given_back using (grant_id)
)

select
    coalesce(by_organization.id, revenue.org_id) as id,
    coalesce(by_organization.usage, 0) + coalesce(by_organization.breakage, 0) as cost,
    coalesce(revenue.recognized_usage, 0) + coalesce(revenue.breakage, 0) as wanted
from by_organization
full join revenue on revenue.org_id = by_organization.id
where getvariable('has_ledger') and not (
    coalesce(by_organization.usage, 0) = coalesce(revenue.recognized_usage, 0)
    and coalesce(by_organization.breakage, 0) = coalesce(revenue.breakage, 0)
    and coalesce(by_organization.billed, 0) = coalesce(revenue.sold - revenue.refunded, 0)
)
union all
select
    coalesce(by_grant.id, wanted.id) as id,
    by_grant.cost,
    wanted.cost as wanted
from by_grant
full join wanted on wanted.id = by_grant.id
where getvariable('has_ledger') and (
    coalesce(by_grant.cost, 0) <> coalesce(wanted.cost, 0)
    or coalesce(by_grant.billed, 0) <> coalesce(wanted.billed, 0)
)
