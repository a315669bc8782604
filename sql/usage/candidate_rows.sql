-- One row per row that may not end as rated: of an id that may have come twice, or of a line that
-- breaks a rule, has no price, or holds snapshots. Any superset of these gives the same result.
select events.*
from events
where
    hash(usage_date, org_id, event_id) in (select id_hash from repeated_ids)
    or hash(
        usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode, measured
    ) in (
        select
            hash(
                usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
                measured
            )
        from candidate_lines
    )
