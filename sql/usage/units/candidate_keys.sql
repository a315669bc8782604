-- One row per key of a line of the unit's logs that is of a kind whose rows must be looked at.
select
    usage_date,
    rates_from,
    org_id,
    dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    measured
from unit_rollups
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
