-- One row per organization that has a page: what it used, what was booked for closed dates, and
-- what of it is in quarantine.
with used as (
    select
        org_id,
        sum(events) as events,
        sum(credits) as credits,
        sum(usd) as usd,
        min(usage_date) as first_date,
        max(usage_date) as last_date
    from daily_usage
    group by org_id
),

corrected as (
    select
        org_id,
        sum(credits) as credits,
        sum(usd) as usd,
        min(usage_date) as first_date,
        max(usage_date) as last_date
    from corrections
    group by org_id
),

quarantined_rows as (
    select org_id, count(*) as rows
    from quarantine
    where org_id is not null and not is_blank(org_id)
    group by org_id
),

every as (
    select org_id from used
    union
    select org_id from corrected
    union
    select org_id from quarantined_rows
    union
    select org_id from forecast
)

select
    every.org_id,
    cast(coalesce(used.events, 0) as bigint) as events,
    cast(coalesce(used.credits, 0) as varchar) as credits,
    cast(coalesce(used.usd, 0) as varchar) as usd,
    cast(coalesce(corrected.credits, 0) as varchar) as corrections,
    cast(coalesce(corrected.usd, 0) as varchar) as corrections_usd,
    cast(coalesce(quarantined_rows.rows, 0) as bigint) as quarantined,
    least(used.first_date, corrected.first_date) as first_date,
    greatest(used.last_date, corrected.last_date) as last_date
from every
left join used using (org_id)
left join corrected using (org_id)
left join quarantined_rows using (org_id)
order by coalesce(used.credits, 0) desc, every.org_id
