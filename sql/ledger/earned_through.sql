-- One row per organization and month with entries of grants: dollars of credits that were sold,
-- that were earned by usage, and that ended unused or were taken out. Of `earned_before` and the
-- entries added to it.
with flows as (
    select org_id, month_start, sold, recognized_usage, breakage
    from earned_before
    union all
    select
        org_id,
        cast(date_trunc('month', usage_date) as date) as month_start,
        case when entry = 'granted' then usd else 0 end as sold,
        case when entry in ('burned', 'repaid', 'restored') then -usd else 0 end
            as recognized_usage,
        case when entry in ('voided', 'expired') then -usd else 0 end as breakage
    from added_entries
    where grant_id is not null
)

select
    org_id, month_start,
    sum(sold) as sold,
    sum(recognized_usage) as recognized_usage,
    sum(breakage) as breakage
from flows
group by org_id, month_start
