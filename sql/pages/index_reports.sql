-- One row per published version and blocked attempt, newest first, with its difference from the
-- version that it took the place of. Amounts are decimal text.
with closed as (
    select arg_max(closed_through, closing) as closed_through from closings
),

corrected as (
    select usage_date, sum(credits) as credits, max(booked_on) as booked_on
    from corrections
    group by usage_date
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
    reports.quarantined,
    cast(reports.credits - earlier.credits as varchar) as difference,
    coalesce(reports.usage_date <= closed.closed_through, false) as closed,
    cast(corrected.credits as varchar) as corrections
from reports
left join reports as earlier
    on earlier.usage_date = reports.usage_date
    and earlier.version = reports.supersedes
    and earlier.state <> 'blocked'
left join corrected on corrected.usage_date = reports.usage_date
cross join closed
order by reports.usage_date desc, reports.version desc nulls first
