-- One row per row of one log that belongs to no usage date, as quarantine.
select
    arrived.*,
    cast(null as date) as usage_date,
    case
        when event_time is null
            then coalesce(record_outcome(record_code), missing_event_time())
        else event_time_in_future()
    end as reason
from arrived
where
    file = $file
    and (event_time is null or event_time > $future_after)
    and is_quarantined(reason)
