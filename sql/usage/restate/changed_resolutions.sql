-- One row per usage date on which a line is answered otherwise than when its logs were read: the
-- lines that have no price now against the rows that were quarantined for want of one, each way.
with was as (
    select
        events.usage_date,
        events.rates_from,
        events.org_id,
        events.dimensions,
        events.billing_type,
        case
            when billing_types.service = 'storage' then '' else coalesce(events.brand, '')
        end as line_brand,
        case
            when billing_types.service = 'storage' then 'Vector Storage'
            else coalesce(events.model, '')
        end as line_model,
        case
            when billing_types.reads_key_mode then events.key_mode else 'any'
        end as line_key_mode,
        events.measured % 16384 as line_measured,
        quarantined.reason,
        count(*) as events
    from events
    inner join billing_types on billing_types.billing_type = events.billing_type
    inner join quarantined
        on quarantined.file = events.file and quarantined.row_number = events.row_number
    where quarantined.reason in ('no_rate_card', 'not_offered', 'no_rate')
    group by
        events.usage_date, events.rates_from, events.org_id, events.dimensions,
        events.billing_type, line_brand, line_model, line_key_mode, line_measured,
        quarantined.reason
),

now as (
    select
        usage_date,
        rates_from,
        org_id,
        dimensions,
        billing_type,
        line_brand,
        line_model,
        line_key_mode,
        line_measured,
        reason,
        cast(events as bigint) as events
    from rated_lines
    where reason is not null
)

select usage_date from (select * from was except select * from now) as no_longer
union
select usage_date from (select * from now except select * from was) as newly
