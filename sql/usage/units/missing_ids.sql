-- One row per unit and hash of a repeated id of which not every row was looked at.
with present as (
    select unit_logs.unit, looked_at.id_hash, count(*) as rows
    from (
        select file, hash(usage_date, org_id, event_id) as id_hash
        from looked_at
    ) as looked_at
    inner join unit_logs on unit_logs.file = looked_at.file
    group by unit_logs.unit, looked_at.id_hash
)

select repeated.unit, repeated.id_hash
from repeated
left join present on present.unit = repeated.unit and present.id_hash = repeated.id_hash
where coalesce(present.rows, 0) < repeated.rows
