-- One row per row of the logs that falls on a usage date asked for.
-- `measured` says per quantity, as digits to the base 4 in the contract's order, then images:
-- 0 not given, 1 zero, 2 counted, 3 bad; its last digit is 1 for a blank id, 2 for a failed tool
-- call. All rules of a row but copies and snapshots hang on it and on the key alone.
select
    dated.usage_date,
    dated.rates_from,
    dated.event_id,
    dated.event_time,
    dated.org_id,
    dated.billing_type,
    dated.brand,
    dated.model,
    dated.key_mode,
    dated.agent_id,
    dated.status,
    dated.input_tokens,
    dated.output_tokens,
    dated.audio_ms,
    dated.characters,
    dated.requests,
    dated.stored_tokens,
    dated.images,
    dated.knowledge_base_id,
    dated.dimensions,
    dated.file,
    dated.row_number,
    case
        -- of whichever quantity: one that is bad is enough, and this one was null
        when dated.bad_float then 3
        when dated.input_tokens is null then 0
        when dated.input_tokens between 1 and 1000000000000 then 2
        when dated.input_tokens = 0 then 1
        else 3
    end
    + case
        when dated.output_tokens is null then 0
        when dated.output_tokens between 1 and 1000000000000 then 8
        when dated.output_tokens = 0 then 4
        else 12
    end
    + case
        when dated.audio_ms is null then 0
        when dated.audio_ms between 1 and 1000000000000 then 32
        when dated.audio_ms = 0 then 16
        else 48
    end
    + case
        when dated.characters is null then 0
        when dated.characters between 1 and 1000000000000 then 128
        when dated.characters = 0 then 64
        else 192
    end
    + case
        when dated.requests is null then 0
        when dated.requests between 1 and 1000000000000 then 512
        when dated.requests = 0 then 256
        else 768
    end
    + case
        when dated.stored_tokens is null then 0
        when dated.stored_tokens between 1 and 1000000000000 then 2048
        when dated.stored_tokens = 0 then 1024
        else 3072
    end
    + case
        when dated.images is null then 0
        when images_are_bad(dated.images) then 12288
        when tokens_of_images(dated.images) > 0 then 8192
        else 0
    end
    + case
        when dated.event_id is null then 16384
        -- an id that begins with a visible character is not blank: the common case, and cheap
        when dated.event_id >= '!' and dated.event_id < chr(127) then 0
        when is_blank(dated.event_id) then 16384
        else 0
    end
    + case
        when dated.billing_type = 'tools_invocation' and dated.status <> 'success' then 32768
        else 0
    end as measured
from dated
