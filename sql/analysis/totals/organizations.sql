-- One row per organization: events and credits on the dates `$days`, the most credits first.
select
    org_id,
    cast(sum(events) as bigint) as events,
    sum(credits) as credits
from daily_usage
where list_contains($days, usage_date)
group by org_id
order by credits desc, org_id
