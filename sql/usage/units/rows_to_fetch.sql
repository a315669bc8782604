-- One row per row of the logs that must be looked at, and was not.
select events.*
from events
left join looked_at on looked_at.file = events.file and looked_at.row_number = events.row_number
where
    looked_at.file is null
    and (
        hash(events.usage_date, events.org_id, events.event_id) in (select id_hash from missing_ids)
        or hash(
            events.usage_date, events.rates_from, events.org_id, events.dimensions,
            events.billing_type, events.brand, events.model, events.key_mode, events.measured
        ) in (select line_hash from missing_lines)
    )
