-- One row per row, and meter, of which quarantine says by itself that it is charged no more, or
-- only now: rows of old files whose ids came again with other contents (`withdrawn`), and rows that
-- lost or found a price (`quarantine`). `side` is where the row is charged.
with old_ids as (
    select distinct usage_date, org_id, event_id from old_quarantine
),

new_ids as (
    select distinct usage_date, org_id, event_id from new_quarantine
),

released as (
    select
        'new' as side, 'quarantine' as cause, 1 as sign, old_quarantine.*
    from old_quarantine
    anti join new_ids
        on new_ids.usage_date = old_quarantine.usage_date
        and new_ids.org_id = old_quarantine.org_id
        and new_ids.event_id = old_quarantine.event_id
    where lacks_price(old_quarantine.reason)
),

fresh as (
    -- rows of old files that are in quarantine only now
    select new_quarantine.*
    from new_quarantine
    semi join old_files
        on old_files.usage_date = new_quarantine.usage_date
        and old_files.file = new_quarantine.file
    anti join old_ids
        on old_ids.usage_date = new_quarantine.usage_date
        and old_ids.org_id = new_quarantine.org_id
        and old_ids.event_id = new_quarantine.event_id
),

added as (
    select 'old' as side, 'quarantine' as cause, -1 as sign, fresh.*
    from fresh
    where lacks_price(reason)
),

-- copies of one id among the old files were alike: one of them was charged
conflicting as (
    select fresh.*
    from fresh
    where reason = 'conflicting_duplicate'
    qualify
        row_number() over (
            partition by usage_date, org_id, event_id order by file, row_number
        ) = 1
),

withdrawn as (
    select 'old' as side, 'withdrawn' as cause, -1 as sign, conflicting.*
    from conflicting
    inner join billing_types on billing_types.billing_type = conflicting.billing_type
    where
        case billing_types.service
            when 'tool' then coalesce(conflicting.status, 'success') = 'success'
            -- of storage, one snapshot counts
            when storage_service() then exists (
                select 1
                from old_snapshots
                where
                    old_snapshots.usage_date = conflicting.usage_date
                    and old_snapshots.org_id = conflicting.org_id
                    and old_snapshots.knowledge_base_id
                    is not distinct from conflicting.knowledge_base_id
                    and old_snapshots.stored_tokens = conflicting.stored_tokens
            )
            else true
        end
),

every as (
    select * from released
    union all
    select * from added
    union all
    select * from withdrawn
),

unpivoted as (
    select
        every.*,
        unnest([
            'each_main_quantity',
            'image_tokens'
        ]) as meter,
        unnest([
            each_main_quantity,
            tokens_of_images(images)
        ]) as amount
    from every
)

select
    unpivoted.side,
    unpivoted.cause,
    unpivoted.usage_date,
    unpivoted.org_id,
    unpivoted.dimensions,
    unpivoted.billing_type,
    billing_types.service,
    priced_brand(billing_types.service, unpivoted.brand) as brand,
    priced_model(billing_types.service, unpivoted.model) as model,
    priced_key_mode(billing_types.reads_key_mode, unpivoted.key_mode) as key_mode,
    unpivoted.event_time,
    unpivoted.meter || case
        when unpivoted.tier is null then ''
        else tier_suffix(tier_code(unpivoted.tier) * tier_weight())
    end as meter,
    unpivoted.sign * cast(unpivoted.amount as hugeint) as quantity
from unpivoted
inner join billing_types on billing_types.billing_type = unpivoted.billing_type
where unpivoted.amount <> 0
