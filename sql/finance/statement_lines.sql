-- One row per organization, usage or correction, and billing type: a line of a statement.
with lines as (
    select
        org_id,
        'usage' as kind,
        billing_type,
        events,
        credits,
        usd
    from daily_usage
    union all
    select
        org_id,
        'correction' as kind,
        billing_type,
        0 as events,
        credits,
        usd
    from corrections
)

select
    org_id,
    kind,
    billing_type,
    cast(sum(events) as bigint) as events,
    cast(sum(credits) as decimal(38, 9)) as credits,
    cast(sum(usd) as decimal(38, 11)) as usd
from lines
group by org_id, kind, billing_type
order by org_id, kind desc, billing_type
