-- One row per organization and date whose entries of charges are not what the reports booked.
with booked_by_date as (
    select booked_on as usage_date, org_id, sum(credits) as credits
    from numbered_charges
    where booked_on is not null
    group by booked_on, org_id
),

entries_by_date as (
    select usage_date, org_id, -sum(credits) as credits
    from ledger
    where entry in ('burned', 'repaid', 'restored', 'uncovered', 'covered')
    group by usage_date, org_id
)

select
    coalesce(booked_by_date.usage_date, entries_by_date.usage_date) as usage_date,
    coalesce(booked_by_date.org_id, entries_by_date.org_id) as org_id
from booked_by_date
full join entries_by_date
    on entries_by_date.usage_date = booked_by_date.usage_date
    and entries_by_date.org_id = booked_by_date.org_id
where coalesce(booked_by_date.credits, 0) <> coalesce(entries_by_date.credits, 0)
