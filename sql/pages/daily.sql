-- One row per organization: its rows of `daily_usage`, of all dates, which its charges must sum to,
-- as JSON.
select
    daily_usage.org_id,
    to_json(list(
        [
            cast(daily_usage.usage_date as varchar), daily_usage.billing_type,
            cast(daily_usage.events as varchar), cast(daily_usage.credits as varchar),
            cast(daily_usage.usd as varchar)
        ]
        order by daily_usage.usage_date, daily_usage.billing_type
    )) as daily
from daily_usage
inner join shown using (org_id)
group by daily_usage.org_id
