-- One row per event whose id may have been used on another date, and per storage snapshot, since
-- which snapshot counts depends on all of them.
select *
from events
where
    hash(org_id, event_id) in (select id_hash from ids_of_other_dates)
    or billing_type = 'knowledge_storage'
