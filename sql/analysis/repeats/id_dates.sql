-- One row per id that an organization used on a usage date, as a hash.
select distinct usage_date, hash(org_id, event_id) as id_hash
from events
where org_id is not null and event_id is not null
