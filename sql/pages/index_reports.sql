-- One row per published version and blocked attempt, newest first, with its difference from the
-- version that it took the place of. Amounts are decimal text; quarantined rows are those of the
-- table `quarantine`, beside the one row that stands for the date: its blocked attempt, else its
-- version in force.
with closed as (  -- null after all was reopened, which `arg_max` would pass over
    select (select closed_through from closings order by closing desc limit 1) as closed_through
),

corrected as (
    select usage_date, sum(credits) as credits, max(booked_on) as booked_on
    from corrections
    group by usage_date
),

held as (
    select
        usage_date,
        sum(rows) filter (
            where is_quarantined(outcome)
        ) as rows
    from account
    where usage_date is not null
    group by usage_date
),

blocked as (
    select usage_date from reports where state = 'blocked'
)

select
    reports.usage_date,
    reports.version,
    reports.state,
    cast(reports.published_at as varchar) as published_at,
    reports.reason,
    reports.supersedes,
    reports.rate_cards,
    reports.events,
    cast(reports.credits as varchar) as credits,
    cast(reports.usd as varchar) as usd,
    case
        when reports.state = 'blocked' or (reports.state = 'current' and blocked.usage_date is null)
        then cast(coalesce(held.rows, 0) as bigint)
    end as quarantined,
    cast(reports.credits - earlier.credits as varchar) as difference,
    coalesce(reports.usage_date <= closed.closed_through, false) as closed,
    cast(corrected.credits as varchar) as corrections
from reports
left join reports as earlier
    on earlier.usage_date = reports.usage_date
    and earlier.version = reports.supersedes
    and earlier.state <> 'blocked'
left join corrected on corrected.usage_date = reports.usage_date
left join held on held.usage_date = reports.usage_date
left join blocked on blocked.usage_date = reports.usage_date
cross join closed
order by reports.usage_date desc, reports.version desc nulls first
