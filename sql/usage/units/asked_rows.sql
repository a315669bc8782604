-- One row per row of the logs that is asked for: at one of `positions`, or of one of `asked_lines`.
-- Lines with the hash of one that is asked for come with it: any superset gives the same result.
select events.*
from events
left join positions
    on positions.file = events.file and positions.row_number = events.row_number
where
    positions.file is not null
    or hash(
        events.usage_date, events.rates_from, events.org_id, events.dimensions,
        events.billing_type, events.brand, events.model, events.key_mode, events.measured
    ) in (
        select
            hash(
                usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
                measured
            )
        from asked_lines
    )
