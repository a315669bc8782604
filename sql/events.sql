-- One row per row of the logs that falls on a usage date asked for.
-- `measured` says per quantity, as digits to the base 4 in the contract's order, then images:
-- 0 not given, 1 zero, 2 counted, 3 bad; its last digit is 1 for a blank id, 2 for a failed tool
-- call. All rules of a row but copies and snapshots hang on it and on the key alone.
select
    pieces.usage_date,
    pieces.rates_from,
    logged.event_id,
    logged.event_time,
    logged.org_id,
    logged.billing_type,
    logged.brand,
    logged.model,
    logged.key_mode,
    logged.agent_id,
    logged.status,
    logged.input_tokens,
    logged.output_tokens,
    logged.audio_ms,
    logged.characters,
    logged.requests,
    logged.stored_tokens,
    logged.images,
    logged.knowledge_base_id,
    logged.dimensions,
    logged.file,
    logged.row_number,
    case
        when logged.input_tokens is null then 0
        when logged.input_tokens between 1 and 1000000000000 then 2
        when logged.input_tokens = 0 then 1
        else 3
    end
    + case
        when logged.output_tokens is null then 0
        when logged.output_tokens between 1 and 1000000000000 then 8
        when logged.output_tokens = 0 then 4
        else 12
    end
    + case
        when logged.audio_ms is null then 0
        when logged.audio_ms between 1 and 1000000000000 then 32
        when logged.audio_ms = 0 then 16
        else 48
    end
    + case
        when logged.characters is null then 0
        when logged.characters between 1 and 1000000000000 then 128
        when logged.characters = 0 then 64
        else 192
    end
    + case
        when logged.requests is null then 0
        when logged.requests between 1 and 1000000000000 then 512
        when logged.requests = 0 then 256
        else 768
    end
    + case
        when logged.stored_tokens is null then 0
        when logged.stored_tokens between 1 and 1000000000000 then 2048
        when logged.stored_tokens = 0 then 1024
        else 3072
    end
    + case
        when logged.images is null then 0
        when images_are_bad(logged.images) then 12288
        when tokens_of_images(logged.images) > 0 then 8192
        else 0
    end
    + case
        when logged.event_id is null then 16384
        -- an id that begins with a visible character is not blank: the common case, and cheap
        when logged.event_id >= '!' and logged.event_id < chr(127) then 0
        when is_blank(logged.event_id) then 16384
        else 0
    end
    + case
        when logged.billing_type = 'tools_invocation' and logged.status <> 'success' then 32768
        else 0
    end as measured
from logged
inner join pieces
    on utc_day(logged.event_time) = pieces.utc_day
    and logged.event_time >= pieces.span_from
    and logged.event_time < pieces.span_to
