-- One row per row of the unit's logs: the hash of its id on its usage date, in order, so that equal
-- ones are neighbours and the file is small.
select
    usage_date,
    cast(log_no as smallint) as log_no,
    hash(usage_date, org_id, event_id) as id_hash
from unit_rows
order by usage_date nulls last, id_hash nulls last, log_no nulls last
