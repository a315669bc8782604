-- One row per organization and month from its first grant on: dollars of credits that were sold,
-- and that were earned or given back.
with flows as (
    select org_id, month_start, sold, recognized_usage, breakage, 0 as refunded
    from earned_through
    union all
    select
        known_grants.org_id,
        cast(date_trunc('month', known_voids.usage_date) as date) as month_start,
        0 as sold, 0 as recognized_usage, -usd_refunded as breakage, usd_refunded as refunded
    from known_voids
    inner join known_grants using (grant_id)
),

first_months as (
    select org_id, min(month_start) as first_month
    from flows
    group by org_id
),

months as (
    select first_months.org_id, cast(all_months.month_start as date) as month_start
    from first_months
    cross join (
        select unnest(generate_series(
            (select min(first_month) from first_months), cast($last as date), interval 1 month
        )) as month_start
    ) as all_months
    where all_months.month_start >= first_months.first_month
)

select
    months.org_id, months.month_start,
    cast(coalesce(sum(sold), 0) as decimal(38, 9)) as sold,
    cast(coalesce(sum(recognized_usage), 0) as decimal(38, 9)) as recognized_usage,
    cast(coalesce(sum(breakage), 0) as decimal(38, 9)) as breakage,
    cast(coalesce(sum(refunded), 0) as decimal(38, 9)) as refunded
from months
left join flows
    on flows.org_id = months.org_id and flows.month_start = months.month_start
group by months.org_id, months.month_start
order by months.org_id, months.month_start
