-- One row per organization that had a grant by the end of the period: dollars that were sold,
-- earned by usage, earned by credits that ended unused, and given back, before the period and
-- through it, with what the credits that are left were paid with.
with flows as (
    select
        org_id, usage_date, credits, usd,
        case when entry = 'granted' then usd else 0 end as sold,
        case when entry in ('burned', 'repaid', 'restored') then -usd else 0 end as used,
        case when entry in ('voided', 'expired') then -usd else 0 end as broken,
        0 as refunded
    from ledger_through
    where grant_id is not null
    union all
    select
        known_grants.org_id, known_voids.usage_date, 0 as credits, 0 as usd,
        0 as sold, 0 as used, -usd_refunded as broken, usd_refunded as refunded
    from known_voids
    inner join known_grants using (grant_id)
)

select
    org_id,
    cast(coalesce(sum(sold) filter (where usage_date < $first), 0) as decimal(38, 9))
        as sold_before,
    cast(coalesce(sum(used) filter (where usage_date < $first), 0) as decimal(38, 9))
        as used_before,
    cast(coalesce(sum(broken) filter (where usage_date < $first), 0) as decimal(38, 9))
        as broken_before,
    cast(coalesce(sum(refunded) filter (where usage_date < $first), 0) as decimal(38, 9))
        as refunded_before,
    cast(sum(sold) as decimal(38, 9)) as sold_through,
    cast(sum(used) as decimal(38, 9)) as used_through,
    cast(sum(broken) as decimal(38, 9)) as broken_through,
    cast(sum(refunded) as decimal(38, 9)) as refunded_through,
    cast(sum(credits) as decimal(38, 9)) as closing_credits,
    cast(sum(usd) as decimal(38, 9)) as unearned
from flows
group by org_id
order by org_id
