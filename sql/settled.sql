-- One row per suspect, with its outcome. Copies and snapshots are settled among the rows that are
-- left at their step, in the contract's order.
with ruled_rows as (
    select
        suspects.*,
        ruled.service,
        ruled.line_brand,
        ruled.line_model,
        ruled.line_key_mode,
        ruled.line_measured,
        ruled.tool_failed,
        ruled.reason
    from suspects
    inner join ruled
        on ruled.usage_date = suspects.usage_date
        and ruled.rates_from = suspects.rates_from
        and ruled.org_id is not distinct from suspects.org_id
        and ruled.dimensions is not distinct from suspects.dimensions
        and ruled.billing_type is not distinct from suspects.billing_type
        and ruled.brand is not distinct from suspects.brand
        and ruled.model is not distinct from suspects.model
        and ruled.key_mode is not distinct from suspects.key_mode
        and ruled.measured = suspects.measured
),

-- what copies of one id hold; an empty list of images is null
contents as (
    select
        usage_date,
        org_id,
        event_id,
        event_time,
        billing_type,
        brand,
        model,
        key_mode,
        agent_id,
        status,
        input_tokens,
        output_tokens,
        audio_ms,
        characters,
        requests,
        stored_tokens,
        case when whole_div(measured, 4096) % 4 = 2 then images end as images,
        knowledge_base_id,
        dimensions
    from ruled_rows
    where reason is null
    group by
        usage_date, org_id, event_id, event_time, billing_type, brand, model, key_mode, agent_id,
        status, input_tokens, output_tokens, audio_ms, characters, requests, stored_tokens,
        case when whole_div(measured, 4096) % 4 = 2 then images end, knowledge_base_id, dimensions
),

kinds as (
    select usage_date, org_id, event_id, count(*) as kinds
    from contents
    group by usage_date, org_id, event_id
),

copies as (
    select
        ruled_rows.*,
        kinds.kinds,
        row_number() over (
            partition by ruled_rows.usage_date, ruled_rows.org_id, ruled_rows.event_id
            order by ruled_rows.file nulls last, ruled_rows.row_number nulls last
        ) as nth_copy
    from ruled_rows
    inner join kinds
        on kinds.usage_date = ruled_rows.usage_date
        and kinds.org_id = ruled_rows.org_id
        and kinds.event_id = ruled_rows.event_id
    where ruled_rows.reason is null
),

counted as (
    select
        copies.*,
        case
            when kinds > 1 then 'conflicting_duplicate'
            when nth_copy > 1 then 'duplicate'
            when tool_failed then 'not_billable'
        end as settled
    from copies
),

snapshots as (
    select
        file,
        row_number,
        row_number() over (
            partition by usage_date, org_id, knowledge_base_id
            order by event_time desc nulls last, event_id desc nulls last
        ) as nth_latest
    from counted
    where settled is null and service = 'storage'
)

select
    ruled_rows.* exclude (reason),
    ruled_rows.reason is null as is_left,
    coalesce(
        ruled_rows.reason,
        counted.settled,
        case when snapshots.nth_latest > 1 then 'superseded' end
    ) as reason
from ruled_rows
left join counted
    on counted.file = ruled_rows.file and counted.row_number = ruled_rows.row_number
left join snapshots
    on snapshots.file = ruled_rows.file and snapshots.row_number = ruled_rows.row_number
