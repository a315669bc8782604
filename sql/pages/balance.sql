-- One row per organization with credits: what is left of them on each of the newest dates of the
-- ledger, its grants, and when they run out, as JSON. Amounts are decimal text.
with standing as (
    select max(as_of) as as_of from forecast
),

days as (
    select
        balances.org_id,
        list(
            struct_pack(
                usage_date := cast(balances.usage_date as varchar),
                granted := cast(balances.granted as varchar),
                used := cast(balances.burned + balances.repaid - balances.restored as varchar),
                gone := cast(balances.expired + balances.voided as varchar),
                closing := cast(balances.closing as varchar),
                overdraft := cast(balances.overdraft as varchar)
            )
            order by balances.usage_date
        ) as days
    from balances
    inner join shown using (org_id)
    where balances.usage_date > (select as_of from standing) - getvariable('most_days')
    group by balances.org_id
),

granted as (
    select
        grants.org_id,
        list(
            struct_pack(
                grant_id := grants.grant_id,
                kind := grants.kind,
                credits := cast(grants.credits as varchar),
                "left" := cast(grants."left" as varchar),
                effective_date := cast(grants.effective_date as varchar),
                expires_date := cast(grants.expires_date as varchar),
                billing_types := grants.billing_types,
                status := grants.status
            )
            order by grants.grant_id
        ) as grants
    from grants
    inner join shown using (org_id)
    group by grants.org_id
)

select
    forecast.org_id,
    to_json(struct_pack(
        as_of := cast(forecast.as_of as varchar),
        exhausts_on := cast(forecast.exhausts_on as varchar),
        exhausts_from := cast(forecast.exhausts_from as varchar),
        exhausts_to := cast(forecast.exhausts_to as varchar),
        expires_unused := cast(forecast.expires_unused as varchar),
        expires_on := cast(forecast.expires_on as varchar),
        reason := forecast.reason,
        days := coalesce(days.days, []),
        grants := coalesce(granted.grants, [])
    )) as balance
from forecast
inner join shown using (org_id)
left join days using (org_id)
left join granted using (org_id)
