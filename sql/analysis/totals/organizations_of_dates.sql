-- One row per usage date and organization, of the `$most` with the most credits on it.
select
    usage_date,
    org_id,
    cast(sum(events) as bigint) as events,
    sum(credits) as credits
from daily_usage
group by usage_date, org_id
qualify row_number() over (partition by usage_date order by sum(credits) desc, org_id) <= $most
order by usage_date, credits desc, org_id
