-- One row per grant, as it stands at the end of the newest date.
select
    known_grants.grant_id, known_grants.org_id, known_grants.kind, known_grants.credits,
    known_grants.usd_paid, known_grants.effective_date, known_grants.expires_date,
    known_grants.priority, known_grants.billing_types, known_grants.reference,
    coalesce(moved.burned, 0) as burned,
    coalesce(moved.repaid, 0) as repaid,
    coalesce(moved.restored, 0) as restored,
    coalesce(moved.voided, 0) as voided,
    coalesce(moved.expired, 0) as expired,
    coalesce(moved.credits, 0) as "left",
    case
        when moved.grant_id is null then 'pending'
        when moved.credits > 0 then 'active'
        when moved.voided > 0 then 'voided'
        when moved.expired > 0 then 'expired'
        else 'used'
    end as status
from known_grants
left join grants_through as moved using (grant_id)
