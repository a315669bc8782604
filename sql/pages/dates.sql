-- One row per usage date: its version in force, its corrections, whether it is closed, why its last
-- attempt was blocked, and the rows of its logs.
with versions as (
    select usage_date, version, published_at, output_digest, rate_cards
    from reports
    where state = 'current'
),

blocked as (
    select usage_date, reason, output_digest from reports where state = 'blocked'
),

corrected as (
    select usage_date, max(correction) as corrections from corrections group by usage_date
),

received as (
    select usage_date, sum(rows) as rows
    from account
    where usage_date is not null
    group by usage_date
),

closed as (  -- null after all was reopened, which `arg_max` would pass over
    select (select closed_through from closings order by closing desc limit 1) as closed_through
),

every as (
    select usage_date from versions
    union
    select usage_date from blocked
    union
    select usage_date from corrected
)

select
    every.usage_date,
    versions.version,
    cast(versions.published_at as varchar) as published_at,
    coalesce(versions.output_digest, '') as output_digest,
    coalesce(versions.rate_cards, []) as rate_cards,
    coalesce(corrected.corrections, 0) as corrections,
    coalesce(every.usage_date <= closed.closed_through, false) as closed,
    blocked.reason as blocked,
    blocked.output_digest as blocked_digest,
    cast(coalesce(received.rows, 0) as bigint) as rows
from every
left join versions using (usage_date)
left join blocked using (usage_date)
left join corrected using (usage_date)
left join received using (usage_date)
cross join closed
order by every.usage_date
