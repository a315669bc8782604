-- One row per burn of a grant that was not there yet, was gone, or is not for the billing type.
select ledger.usage_date, ledger.org_id, ledger.grant_id
from ledger
left join known_grants using (grant_id)
where
    ledger.entry in ('burned', 'repaid')
    and (
        known_grants.grant_id is null
        or known_grants.org_id <> ledger.org_id
        or ledger.usage_date < known_grants.effective_date
        or ledger.usage_date >= known_grants.expires_date
        or (
            known_grants.billing_types <> ''
            and not list_contains(
                string_split(known_grants.billing_types, '|'), ledger.billing_type
            )
        )
    )
