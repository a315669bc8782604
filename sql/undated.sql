-- One row per row of one log that belongs to no usage date, as quarantine.
select
    arrived.*,
    cast(null as date) as usage_date,
    case
        when event_time > timestamp '1970-01-01 00:00:00'
            and event_time < timestamp '10000-01-01 00:00:00'
            then 'event_time_in_future'
        else 'missing_event_time'
    end as reason
from arrived
where
    file = $file
    and (
        event_time is null
        or event_time < timestamp '1970-01-01 00:00:00'
        or event_time > $future_after
    )
