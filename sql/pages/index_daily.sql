-- One row per usage date and billing type, over all organizations.
select
    usage_date,
    billing_type,
    cast(sum(events) as bigint) as events,
    cast(sum(credits) as varchar) as credits,
    cast(sum(usd) as varchar) as usd
from daily_usage
group by usage_date, billing_type
order by usage_date, billing_type
