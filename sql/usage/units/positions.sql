-- One row per row of the logs whose id is asked for by its hash: where it is.
select
    file,
    row_number
from row_ids
where hash(usage_date, org_id, event_id) in (select id_hash from asked_ids)
