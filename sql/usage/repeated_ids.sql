-- One row per hash of an id that may have come more than once on a usage date.
select hash(usage_date, org_id, event_id) as id_hash
from events
group by hash(usage_date, org_id, event_id)
having count(*) > 1
