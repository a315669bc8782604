-- One row per usage date, organization and billing type whose sums are not those of its lines.
with charged as (
    select usage_date, org_id, billing_type, sum(credits) as credits, sum(usd) as usd
    from charges
    group by usage_date, org_id, billing_type
),

used as (
    select usage_date, org_id, billing_type, sum(events) as events
    from usage
    group by usage_date, org_id, billing_type
)

select
    coalesce(daily_usage.usage_date, used.usage_date, charged.usage_date) as usage_date,
    concat(
        coalesce(daily_usage.org_id, used.org_id, charged.org_id), ' ',
        coalesce(daily_usage.billing_type, used.billing_type, charged.billing_type), ': ',
        daily_usage.credits, ' credits a day, ', charged.credits, ' in charges'
    ) as fault
from daily_usage
full join used
    on used.usage_date = daily_usage.usage_date
    and used.org_id = daily_usage.org_id
    and used.billing_type = daily_usage.billing_type
full join charged
    on charged.usage_date = coalesce(daily_usage.usage_date, used.usage_date)
    and charged.org_id = coalesce(daily_usage.org_id, used.org_id)
    and charged.billing_type = coalesce(daily_usage.billing_type, used.billing_type)
where
    daily_usage.events is distinct from used.events
    or daily_usage.credits is distinct from coalesce(charged.credits, 0)
    or daily_usage.usd is distinct from coalesce(charged.usd, 0)
