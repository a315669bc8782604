-- One row per key of a line of which not every row was looked at that must be.
select distinct
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
        usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode, measured
    ) in (select line_hash from missing_lines)
