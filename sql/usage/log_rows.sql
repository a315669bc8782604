-- One row per row of the logs that falls on a usage date asked for.
-- `measured` says per meter, as a digit to the base 4 in the contract's place: 0 not given, 1 zero,
-- 2 counted, 3 bad; the tier is above them; then flags say that the id is blank, that a tool call
-- failed, or that the row has token classes or a tier; and the code above these where the log's
-- source says that the record ends. All rules of a row but copies and snapshots depend on it and on
-- the key alone.
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
    dated.each_quantity,
    dated.images,
    dated.knowledge_base_id,
    dated.tier,
    dated.dimensions,
    dated.file,
    dated.row_number,
    dated.record_updated_at,
    0
    + dated.record_code * record_weight()
    + state_digit(dated.each_main_quantity, each_weight)
    -- of whichever quantity: one that is bad is enough, and this one was null
    + case
        when dated.bad_float then 3 - state_digit(dated.input_tokens, 1)
        when is_bad_part(dated.each_part, dated.each_whole)
            then 3 - state_digit(dated.input_tokens, 1)
        else 0
    end
    + case when dated.tier is null then 0 else tier_code(dated.tier) * tier_weight() end
    + case
        when dated.tier is not null then classes_flag()
        when dated.each_part <> 0 then classes_flag()
        else 0
    end
    + case
        when dated.images is null then 0
        when images_are_bad(dated.images) then 3 * images_weight()
        when tokens_of_images(dated.images) > 0 then 2 * images_weight()
        else 0
    end
    + case
        when dated.event_id is null then blank_id_flag()
        -- an id that begins with a visible character is not blank: the common case, and cheap
        when dated.event_id >= '!' and dated.event_id < chr(127) then 0
        when is_blank(dated.event_id) then blank_id_flag()
        else 0
    end
    + case
        when dated.billing_type = 'tools_invocation' and dated.status <> 'success'
            then failed_tool_flag()
        else 0
    end as measured
from dated
