-- One row per organization and date whose balance is not what its entries make of the one before.
with entries_by_date as (
    select
        usage_date, org_id,
        coalesce(sum(credits) filter (where grant_id is not null), 0) as change,
        coalesce(-sum(credits) filter (where grant_id is null), 0) as overdraft_change
    from ledger
    group by usage_date, org_id
),

followed as (
    select
        balances.*,
        lag(closing) over by_org as closing_before,
        lag(overdraft) over by_org as overdraft_before
    from balances
    window by_org as (partition by org_id order by usage_date)
)

select followed.usage_date, followed.org_id
from followed
left join entries_by_date
    on entries_by_date.usage_date = followed.usage_date and entries_by_date.org_id = followed.org_id
where
    closing - opening <> coalesce(change, 0)
    or closing - opening <> granted - burned + restored - repaid - voided - expired
    or closing <> closing_promo + closing_plan + closing_paid + closing_adjustment
    or (closing_before is not null and opening <> closing_before)
    or (
        overdraft_before is not null
        and overdraft - overdraft_before <> coalesce(overdraft_change, 0)
    )
