-- One row per row of a group of several that ended in quarantine, which lists each of them, with
-- the group's first row.
select
    outcomes.file,
    outcomes.row_number as first_row,
    candidate_rows.row_number
from outcomes
inner join candidate_rows
    on candidate_rows.file = outcomes.file
    and candidate_rows.usage_date = outcomes.usage_date
    and candidate_rows.rates_from = outcomes.rates_from
    and candidate_rows.measured = outcomes.measured
    and candidate_rows.event_time is not distinct from outcomes.event_time
    and candidate_rows.event_id is not distinct from outcomes.event_id
    and candidate_rows.org_id is not distinct from outcomes.org_id
    and candidate_rows.billing_type is not distinct from outcomes.billing_type
    and candidate_rows.brand is not distinct from outcomes.brand
    and candidate_rows.model is not distinct from outcomes.model
    and candidate_rows.key_mode is not distinct from outcomes.key_mode
    and candidate_rows.agent_id is not distinct from outcomes.agent_id
    and candidate_rows.status is not distinct from outcomes.status
    and candidate_rows.each_quantity is not distinct from outcomes.each_quantity
    and candidate_rows.images is not distinct from outcomes.images
    and candidate_rows.knowledge_base_id is not distinct from outcomes.knowledge_base_id
    and candidate_rows.tier is not distinct from outcomes.tier
    and candidate_rows.dimensions is not distinct from outcomes.dimensions
where
    outcomes.rows > 1
    and is_quarantined(outcomes.outcome)
