-- One row per file and hash of a repeated id of which not every row was looked at.
with present as (
    select file, hash(usage_date, org_id, event_id) as id_hash, count(*) as rows
    from looked_at
    group by file, hash(usage_date, org_id, event_id)
)

select repeated.file, repeated.id_hash
from repeated
left join present on present.file = repeated.file and present.id_hash = repeated.id_hash
where coalesce(present.rows, 0) < repeated.rows
