-- One row per organization: its rows of `daily_usage`, of all dates, which its charges must sum to,
-- as JSON. Its texts are JSON as they are: the types are the contract's.
select
    daily_usage.org_id,
    '[' || string_agg(
        '["' || daily_usage.usage_date || '","' || daily_usage.billing_type || '","'
        || daily_usage.events || '","' || daily_usage.credits || '","' || daily_usage.usd || '"]',
        ',' order by daily_usage.usage_date, daily_usage.billing_type
    ) || ']' as daily
from daily_usage
inner join shown using (org_id)
group by daily_usage.org_id
