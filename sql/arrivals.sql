-- One row per log, reason (of rows with no usage date) and UTC day (of all others).
-- Reading every column here is what finds a log that cannot be decoded, before it is taken in.
select
    file,
    case
        when event_time is null
            or event_time < timestamp '1970-01-01 00:00:00'
            or event_time >= timestamp '10000-01-01 00:00:00'
            then 'missing_event_time'
        when event_time > $future_after then 'event_time_in_future'
    end as reason,
    case
        when event_time >= timestamp '1970-01-01 00:00:00' and event_time <= $future_after
            then utc_day(event_time)
    end as utc_day,
    count(*) as rows,
    count(event_id) + count(org_id) + count(billing_type) + count(brand) + count(model)
        + count(key_mode) + count(agent_id) + count(status) + count(input_tokens)
        + count(output_tokens) + count(audio_ms) + count(characters) + count(requests)
        + count(stored_tokens) + count(images) + count(knowledge_base_id) + count(dimensions)
        as values_read
from arrived
group by all
