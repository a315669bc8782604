-- One row per event: equal ids of one usage date have equal hashes.
select hash(usage_date, org_id, event_id) as id_hash
from events
