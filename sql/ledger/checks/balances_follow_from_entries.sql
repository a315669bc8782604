-- One row per organization and date whose balance is not what its entries make of the one before,
-- or is missing.
with entries_by_date as (
    select
        usage_date, org_id,
        coalesce(sum(credits) filter (where grant_id is not null), 0) as change,
        coalesce(-sum(credits) filter (where grant_id is null), 0) as overdraft_change
    from ledger
    group by usage_date, org_id
),

all_balances as (
    select usage_date, org_id, closing, overdraft
    from balances
    union all
    select usage_date, org_id, closing, overdraft
    from balances_before
)

select balances.usage_date, balances.org_id
from balances
left join entries_by_date
    on entries_by_date.usage_date = balances.usage_date
    and entries_by_date.org_id = balances.org_id
left join all_balances as before
    on before.usage_date = balances.usage_date - 1 and before.org_id = balances.org_id
where
    balances.closing - balances.opening <> coalesce(entries_by_date.change, 0)
    or balances.closing - balances.opening
    <> balances.granted - balances.burned + balances.restored - balances.repaid - balances.voided
    - balances.expired
    or balances.closing
    <> balances.closing_promo + balances.closing_plan + balances.closing_paid
    + balances.closing_adjustment
    or balances.opening <> before.closing
    or balances.overdraft - before.overdraft <> coalesce(entries_by_date.overdraft_change, 0)
union all
-- from its first grant on, each organization has a balance on each date
select coalesce(held.last_date, granted.last_date) as usage_date, granted.org_id
from (
    select org_id, min(usage_date) as first_date, max(usage_date) as last_date
    from (
        select org_id, usage_date from ledger where grant_id is not null
        union all
        select org_id, (select min(usage_date) from balances) as usage_date from balances_before
    )
    group by org_id
) as granted
left join (
    select
        org_id, min(usage_date) as first_date, max(usage_date) as last_date, count(*) as dates
    from balances
    group by org_id
) as held on held.org_id = granted.org_id
where
    held.org_id is null
    or held.first_date > granted.first_date
    or held.last_date < granted.last_date
    or held.last_date <> (select max(usage_date) from balances)
    or held.dates <> held.last_date - held.first_date + 1
