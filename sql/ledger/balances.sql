-- One row per organization and date, from the date of its first grant on.
with first_grants as (
    select org_id, min(effective_date) as first_date
    from known_grants
    where effective_date <= $last
    group by org_id
),

grid as (
    select first_grants.org_id, cast(days.usage_date as date) as usage_date
    from first_grants
    cross join (select unnest(generate_series($first, $last, interval 1 day)) as usage_date) as days
    where days.usage_date >= first_grants.first_date
),

moves as (
    select
        ledger.usage_date, ledger.org_id, ledger.entry, ledger.credits,
        case when ledger.grant_id is null then 0 else ledger.credits end as granted_move,
        case when ledger.grant_id is null then -ledger.credits else 0 end as overdraft_move,
        known_grants.kind
    from ledger
    left join known_grants using (grant_id)
    union all
    -- what was there before, as if it had come on the date before the first
    select
        cast($first as date) - 1 as usage_date, known_grants.org_id, 'before' as entry,
        sum(grants_before.credits) as credits,
        sum(grants_before.credits) as granted_move,
        0 as overdraft_move,
        known_grants.kind
    from grants_before
    inner join known_grants using (grant_id)
    group by known_grants.org_id, known_grants.kind
    union all
    select
        cast($first as date) - 1 as usage_date, org_id, 'before' as entry,
        -sum(credits) as credits, 0 as granted_move, sum(credits) as overdraft_move, null as kind
    from owed_before
    group by org_id
),

by_date as (
    select
        usage_date, org_id,
        sum(granted_move) as change,
        sum(overdraft_move) as overdraft_change,
        coalesce(sum(credits) filter (where entry = 'granted'), 0) as granted,
        coalesce(-sum(credits) filter (where entry = 'burned'), 0) as burned,
        coalesce(sum(credits) filter (where entry = 'restored'), 0) as restored,
        coalesce(-sum(credits) filter (where entry = 'repaid'), 0) as repaid,
        coalesce(-sum(credits) filter (where entry = 'voided'), 0) as voided,
        coalesce(-sum(credits) filter (where entry = 'expired'), 0) as expired,
        coalesce(sum(granted_move) filter (where kind = 'promo'), 0) as promo_change,
        coalesce(sum(granted_move) filter (where kind = 'plan'), 0) as plan_change,
        coalesce(sum(granted_move) filter (where kind = 'paid'), 0) as paid_change,
        coalesce(sum(granted_move) filter (where kind = 'adjustment'), 0) as adjustment_change
    from moves
    group by usage_date, org_id
),

every_date as (
    select
        coalesce(grid.usage_date, by_date.usage_date) as usage_date,
        coalesce(grid.org_id, by_date.org_id) as org_id,
        grid.org_id is not null as is_shown,
        by_date.* exclude (usage_date, org_id)
    from grid
    full join by_date
        on by_date.usage_date = grid.usage_date and by_date.org_id = grid.org_id
),

summed as (
    select
        every_date.*,
        coalesce(sum(change) over upto, 0) as closing,
        coalesce(sum(overdraft_change) over upto, 0) as overdraft,
        coalesce(sum(promo_change) over upto, 0) as closing_promo,
        coalesce(sum(plan_change) over upto, 0) as closing_plan,
        coalesce(sum(paid_change) over upto, 0) as closing_paid,
        coalesce(sum(adjustment_change) over upto, 0) as closing_adjustment
    from every_date
    window upto as (
        partition by org_id order by usage_date rows between unbounded preceding and current row
    )
)

select
    usage_date, org_id,
    closing - coalesce(change, 0) as opening,
    coalesce(granted, 0) as granted,
    coalesce(burned, 0) as burned,
    coalesce(restored, 0) as restored,
    coalesce(repaid, 0) as repaid,
    coalesce(voided, 0) as voided,
    coalesce(expired, 0) as expired,
    closing, overdraft, closing_promo, closing_plan, closing_paid, closing_adjustment
from summed
where is_shown
