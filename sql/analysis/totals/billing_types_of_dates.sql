-- One row per usage date and billing type: events and credits, the most credits first.
select
    usage_date,
    billing_type,
    cast(sum(events) as bigint) as events,
    sum(credits) as credits
from daily_usage
group by usage_date, billing_type
order by usage_date, credits desc, billing_type
