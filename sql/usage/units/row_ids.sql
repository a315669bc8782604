-- One row per row of the logs: its id on its usage date, and where it is.
select
    usage_date,
    org_id,
    event_id,
    file,
    row_number
from events
