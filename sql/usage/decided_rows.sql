-- One row per group of candidate rows and outcome: of copies that are all alike the first row
-- counts, and the others of its group are a row of their own, without a number. Copies and
-- snapshots are decided among the rows that are left at their step, in the contract's order.
-- Before all else, of a record that was changed later (`record_updated_at`) the latest counts.
with latest as (
    select usage_date, org_id, event_id, max(record_updated_at) as updated_at
    from candidate_groups
    where record_updated_at is not null and event_id is not null
    group by usage_date, org_id, event_id
),

ruled_rows as (
    select
        candidate_groups.* exclude (record_updated_at),
        classified_rollups.service,
        classified_rollups.line_brand,
        classified_rollups.line_model,
        classified_rollups.line_key_mode,
        classified_rollups.line_measured,
        classified_rollups.tool_failed,
        case
            when candidate_groups.record_updated_at < latest.updated_at then 'superseded_record'
            else classified_rollups.reason
        end as reason,
        classified_rollups.reason is null as is_left
    from candidate_groups
    inner join classified_rollups
        on classified_rollups.usage_date = candidate_groups.usage_date
        and classified_rollups.rates_from = candidate_groups.rates_from
        and classified_rollups.org_id is not distinct from candidate_groups.org_id
        and classified_rollups.dimensions is not distinct from candidate_groups.dimensions
        and classified_rollups.billing_type is not distinct from candidate_groups.billing_type
        and classified_rollups.brand is not distinct from candidate_groups.brand
        and classified_rollups.model is not distinct from candidate_groups.model
        and classified_rollups.key_mode is not distinct from candidate_groups.key_mode
        and classified_rollups.measured = candidate_groups.measured
    left join latest
        on latest.usage_date = candidate_groups.usage_date
        and latest.org_id is not distinct from candidate_groups.org_id
        and latest.event_id = candidate_groups.event_id
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
        each_quantity,
        case when has_images(measured) then images end as images,
        knowledge_base_id,
        tier,
        dimensions
    from ruled_rows
    where reason is null
    group by
        usage_date, org_id, event_id, event_time, billing_type, brand, model, key_mode, agent_id,
        status,
        each_quantity,
        case when has_images(measured) then images end, knowledge_base_id, tier, dimensions
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
        copies.* exclude (rows),
        case
            when kinds > 1 then 'conflicting_duplicate'
            when nth_copy > 1 then 'duplicate'
            when tool_failed then 'not_billable'
        end as decided,
        case when kinds = 1 and nth_copy = 1 then 1 else rows end as rows
    from copies
),

others as (
    select
        copies.* exclude (rows),
        'duplicate' as decided,
        rows - 1 as rows
    from copies
    where kinds = 1 and nth_copy = 1 and rows > 1
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
    where decided is null and service = storage_service()
)

select
    ruled_rows.* exclude (reason, rows),
    reason,
    rows
from ruled_rows
where reason is not null
union all
select
    counted.* exclude (reason, kinds, nth_copy, decided, rows),
    coalesce(decided, case when snapshots.nth_latest > 1 then 'superseded' end) as reason,
    counted.rows
from counted
left join snapshots
    on snapshots.file = counted.file and snapshots.row_number = counted.row_number
union all
select
    others.* exclude (reason, kinds, nth_copy, decided, rows)
        replace (cast(null as bigint) as row_number),
    decided as reason,
    rows
from others
