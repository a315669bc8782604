-- One row per organization and period in which it has usage or corrections: their sums.
with periods as (
    select
        unnest($names) as period,
        unnest($firsts) as first_date,
        unnest($lasts) as last_date
),

amounts as (
    select usage_date, org_id, events, credits, usd, 0 as corrections from daily_usage
    union all
    select usage_date, org_id, 0 as events, credits, usd, credits as corrections from corrections
)

select
    amounts.org_id,
    periods.period,
    cast(sum(amounts.events) as bigint) as events,
    cast(sum(amounts.credits) as varchar) as credits,
    cast(sum(amounts.usd) as varchar) as usd,
    cast(sum(amounts.corrections) as varchar) as corrections
from amounts
inner join periods on amounts.usage_date between periods.first_date and periods.last_date
group by amounts.org_id, periods.period
order by amounts.org_id, periods.period
