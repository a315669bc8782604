-- One row per unit and key of a line whose rows must be looked at one by one, of which not every
-- row was: it lost its price since.
with open_lines as (
    select
        hash(
            usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
            measured
        ) as line_hash
    from candidate_lines
),

hashed as (
    select
        unit,
        hash(
            usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
            measured
        ) as line_hash,
        events
    from unit_rollups
),

wanted as (
    select unit, line_hash, sum(events) as rows
    from hashed
    where line_hash in (select line_hash from open_lines)
    group by unit, line_hash
),

present as (
    select
        unit_logs.unit,
        hash(
            usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
            measured
        ) as line_hash,
        count(*) as rows
    from looked_at
    inner join unit_logs on unit_logs.file = looked_at.file
    group by all
)

select wanted.unit, wanted.line_hash
from wanted
left join present on present.unit = wanted.unit and present.line_hash = wanted.line_hash
where coalesce(present.rows, 0) < wanted.rows
