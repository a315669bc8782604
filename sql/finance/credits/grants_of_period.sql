-- One row per grant that had or moved credits in the period: what it began with, what changed it,
-- and what is left at the end.
with moved as (
    select
        grant_id,
        coalesce(sum(credits) filter (where usage_date < $first), 0) as opening,
        coalesce(sum(credits) filter (where usage_date >= $first and entry = 'granted'), 0)
            as granted,
        coalesce(
            -sum(credits) filter (
                where usage_date >= $first and entry in ('burned', 'repaid', 'restored')
            ),
            0
        ) as used,
        coalesce(-sum(credits) filter (where usage_date >= $first and entry = 'voided'), 0)
            as voided,
        coalesce(-sum(credits) filter (where usage_date >= $first and entry = 'expired'), 0)
            as expired,
        sum(credits) as closing
    from ledger_through
    where grant_id is not null
    group by grant_id
)

select
    known_grants.org_id, known_grants.grant_id, known_grants.kind, known_grants.billing_types,
    known_grants.effective_date, known_grants.expires_date,
    moved.opening, moved.granted, moved.used, moved.voided, moved.expired, moved.closing
from moved
inner join known_grants using (grant_id)
where moved.opening <> 0 or moved.granted <> 0 or moved.used <> 0 or moved.expired <> 0
order by
    known_grants.org_id, known_grants.expires_date nulls last, known_grants.effective_date,
    known_grants.grant_id
