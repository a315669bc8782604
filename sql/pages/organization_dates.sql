-- One row per organization: the usage dates that its page shows, in order, and the logs that hold
-- rows of it of no usage date. A page goes back `$days` from its organization's newest date, and as
-- far as it holds `$most` charges; the totals are of all its dates. Amounts are decimal text;
-- `sums` is another where any of its sums by date or its corrections is, `balance` where anything
-- that the page shows of its credits is.
with seen as (
    select org_id, usage_date from daily_usage
    union
    select org_id, usage_date from corrections
    union
    select org_id, usage_date from quarantine
    where org_id is not null and not is_blank(org_id) and usage_date is not null
),

newest as (
    select org_id, max(usage_date) as last_date from seen group by org_id
),

charged as (
    select org_id, usage_date, count(*) as charges from charges group by org_id, usage_date
),

counted as (
    select
        seen.org_id,
        seen.usage_date,
        seen.usage_date < newest.last_date - $days + 1 as is_old,
        sum(coalesce(charged.charges, 0)) over (
            partition by seen.org_id order by seen.usage_date desc
        ) as charges
    from seen
    inner join newest using (org_id)
    left join charged on charged.org_id = seen.org_id and charged.usage_date = seen.usage_date
),

dated as (
    select
        org_id,
        list(usage_date order by usage_date) as usage_dates,
        max(usage_date) as newest,
        count(*) filter (where is_old or charges > $most) as older,
        max(charges) filter (where not is_old and charges <= $most) as charges
    from counted
    group by org_id
),

quarantined_rows as (
    select
        org_id,
        count(*) as rows,
        list(distinct file order by file) filter (where usage_date is null) as files
    from quarantine
    where org_id is not null and not is_blank(org_id)
    group by org_id
),

booked as (
    select org_id, credits, hash(daily_usage) as hashed from daily_usage
    union all
    select org_id, credits, hash(corrections) as hashed from corrections
),

totals as (
    select
        org_id, cast(sum(credits) as varchar) as credits, cast(sum(hashed) as varchar) as sums
    from booked
    group by org_id
),

standing as (
    select max(as_of) as as_of from forecast
),

hashed as (
    select org_id, hash(forecast) as hashed from forecast
    union all
    select org_id, hash(grants) as hashed from grants
    union all
    select org_id, hash(balances) as hashed
    from balances
    where usage_date > (select as_of from standing) - $days
),

balance as (
    select org_id, cast(sum(hashed) as varchar) as balance from hashed group by org_id
),

every as (
    select org_id from dated
    union
    select org_id from quarantined_rows
    union
    select org_id from forecast
)

select
    every.org_id,
    coalesce(dated.usage_dates[dated.older + 1:], []) as usage_dates,
    dated.newest,
    coalesce(dated.older, 0) as older,
    cast(coalesce(dated.charges, 0) as bigint) as charges,
    coalesce(quarantined_rows.files, []) as undated,
    coalesce(totals.credits, '0.000000000') as credits,
    cast(coalesce(quarantined_rows.rows, 0) as bigint) as quarantined,
    totals.sums,
    balance.balance
from every
left join dated using (org_id)
left join quarantined_rows using (org_id)
left join totals using (org_id)
left join balance using (org_id)
order by every.org_id
