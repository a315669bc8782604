-- One row per entry of a grant of another organization, and per burn of a grant that was not there
-- yet, was gone, or is not for the billing type.
select ledger.usage_date, ledger.org_id, ledger.grant_id
from ledger
left join known_grants using (grant_id)
where
    (ledger.grant_id is not null and known_grants.org_id is distinct from ledger.org_id)
    or (
        ledger.entry in ('burned', 'repaid')
        and (
            ledger.usage_date < known_grants.effective_date
            or ledger.usage_date >= known_grants.expires_date
            or (
                known_grants.billing_types <> ''
                and not list_contains(
                    string_split(known_grants.billing_types, '|'), ledger.billing_type
                )
            )
        )
    )
