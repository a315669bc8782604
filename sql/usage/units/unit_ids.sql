-- One row per row of the unit's logs: the hash of its id on its usage date.
select
    usage_date,
    hash(usage_date, org_id, event_id) as id_hash
from events
