-- One row per usage date, organization and billing type with a rated row, also without a charge.
with charged as (
    select
        usage_date,
        org_id,
        billing_type,
        sum(credits) as credits,
        sum(usd) as usd
    from charges
    group by usage_date, org_id, billing_type
),

used as (
    select usage_date, org_id, billing_type, sum(events) as events
    from usage
    group by usage_date, org_id, billing_type
)

select
    used.usage_date,
    used.org_id,
    used.billing_type,
    used.events,
    coalesce(charged.credits, cast(0 as decimal(38, 9))) as credits,
    coalesce(charged.usd, cast(0 as decimal(38, 11))) as usd
from used
left join charged
    on charged.usage_date = used.usage_date
    and charged.org_id = used.org_id
    and charged.billing_type = used.billing_type
