-- One row per log, reason (of rows with no usage date) and UTC day (of all others), with the bytes
-- of all its texts and of the longest.
-- Reading every column here is what finds a log that cannot be decoded, before it is taken in: a
-- hash needs every value, where a count needs only the statistics.
select
    file,
    case
        when event_time is null
            then coalesce(record_outcome(record_code), missing_event_time())
        when event_time > $future_after then event_time_in_future()
    end as reason,
    case when event_time <= $future_after then utc_day(event_time) end as utc_day,
    count(*) as rows,
    (
        coalesce(sum(strlen(event_id)), 0)
        + coalesce(sum(strlen(org_id)), 0)
        + coalesce(sum(strlen(billing_type)), 0)
        + coalesce(sum(strlen(brand)), 0)
        + coalesce(sum(strlen(model)), 0)
        + coalesce(sum(strlen(key_mode)), 0)
        + coalesce(sum(strlen(agent_id)), 0)
        + coalesce(sum(strlen(status)), 0)
        + coalesce(sum(strlen(knowledge_base_id)), 0)
        + coalesce(sum(strlen(tier)), 0)
        + coalesce(sum(list_sum(list_transform(dimension_texts, lambda text: strlen(text)))), 0)
    ) as text_bytes,
    coalesce(greatest(
        max(strlen(event_id)),
        max(strlen(org_id)),
        max(strlen(billing_type)),
        max(strlen(brand)),
        max(strlen(model)),
        max(strlen(key_mode)),
        max(strlen(agent_id)),
        max(strlen(status)),
        max(strlen(knowledge_base_id)),
        max(strlen(tier)),
        max(list_max(list_transform(dimension_texts, lambda text: strlen(text))))
    ), 0) as longest_text,
    bit_xor(hash(
        event_id, event_time_raw, org_id, billing_type, brand, model, key_mode, agent_id, status,
        each_quantity,
        images, knowledge_base_id, tier, dimensions, bad_float
    )) as values_read
from arrived
group by all
