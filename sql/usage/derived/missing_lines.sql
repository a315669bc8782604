-- One row per file and key of a line whose rows must be looked at one by one, of which not every
-- row was: it lost its price since.
with keys as (
    select
        hash(
            usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
            measured
        ) as line_hash
    from open_lines
),

wanted as (
    select
        file,
        hash(
            usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
            measured
        ) as line_hash,
        sum(events) as rows
    from log_rollups
    group by all
),

present as (
    select
        file,
        hash(
            usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
            measured
        ) as line_hash,
        count(*) as rows
    from looked_at
    group by all
)

select wanted.file, wanted.line_hash
from wanted
left join present on present.file = wanted.file and present.line_hash = wanted.line_hash
where
    wanted.line_hash in (select keys.line_hash from keys)
    and coalesce(present.rows, 0) < wanted.rows
