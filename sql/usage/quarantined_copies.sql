-- One row per row of a group of several that ended in quarantine, which lists each of them, with
-- the group's first row.
select
    outcomes.file,
    outcomes.row_number as first_row,
    suspects.row_number
from outcomes
inner join suspects
    on suspects.file = outcomes.file
    and suspects.usage_date = outcomes.usage_date
    and suspects.rates_from = outcomes.rates_from
    and suspects.measured = outcomes.measured
    and suspects.event_time is not distinct from outcomes.event_time
    and suspects.event_id is not distinct from outcomes.event_id
    and suspects.org_id is not distinct from outcomes.org_id
    and suspects.billing_type is not distinct from outcomes.billing_type
    and suspects.brand is not distinct from outcomes.brand
    and suspects.model is not distinct from outcomes.model
    and suspects.key_mode is not distinct from outcomes.key_mode
    and suspects.agent_id is not distinct from outcomes.agent_id
    and suspects.status is not distinct from outcomes.status
    and suspects.each_quantity is not distinct from outcomes.each_quantity
    and suspects.images is not distinct from outcomes.images
    and suspects.knowledge_base_id is not distinct from outcomes.knowledge_base_id
    and suspects.dimensions is not distinct from outcomes.dimensions
where
    outcomes.rows > 1
    and is_quarantined(outcomes.outcome)
