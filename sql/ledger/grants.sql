-- One row per grant, as it stands at the end of the newest date.
with moved as (
    select
        grant_id,
        coalesce(-sum(credits) filter (where entry = 'burned'), 0) as burned,
        coalesce(-sum(credits) filter (where entry = 'repaid'), 0) as repaid,
        coalesce(sum(credits) filter (where entry = 'restored'), 0) as restored,
        coalesce(-sum(credits) filter (where entry = 'voided'), 0) as voided,
        coalesce(-sum(credits) filter (where entry = 'expired'), 0) as expired,
        sum(credits) as left_over
    from ledger_through
    where grant_id is not null
    group by grant_id
)

select
    known_grants.grant_id, known_grants.org_id, known_grants.kind, known_grants.credits,
    known_grants.usd_paid, known_grants.effective_date, known_grants.expires_date,
    known_grants.priority, known_grants.billing_types, known_grants.reference,
    coalesce(moved.burned, 0) as burned,
    coalesce(moved.repaid, 0) as repaid,
    coalesce(moved.restored, 0) as restored,
    coalesce(moved.voided, 0) as voided,
    coalesce(moved.expired, 0) as expired,
    coalesce(moved.left_over, 0) as "left",
    case
        when moved.grant_id is null then 'pending'
        when moved.left_over > 0 then 'active'
        when moved.voided > 0 then 'voided'
        when moved.expired > 0 then 'expired'
        else 'used'
    end as status
from known_grants
left join moved using (grant_id)
