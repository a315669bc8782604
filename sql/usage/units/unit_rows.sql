-- One row per row of the unit's logs that may not end as rated: of an id that came twice in them,
-- or of a kind of line that breaks a rule, has no price, or holds snapshots.
select events.*
from events
where
    hash(
        usage_date, rates_from, org_is_blank(org_id), billing_type, brand, model, key_mode, measured
    ) in (
        select
            hash(
                usage_date, rates_from, org_is_blank(org_id), billing_type, brand, model, key_mode,
                measured
            )
        from candidate_lines
    )
    or hash(usage_date, org_id, event_id) in (select id_hash from repeated_ids)
