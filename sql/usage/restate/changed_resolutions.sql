-- One row per usage date on which a line is answered differently than when its logs were read: the
-- lines that have no price now against the rows that were quarantined for want of one, each way.
with was as (
    select
        events.usage_date,
        events.rates_from,
        events.org_id,
        events.dimensions,
        events.billing_type,
        priced_brand(billing_types.service, events.brand) as line_brand,
        priced_model(billing_types.service, events.model) as line_model,
        priced_key_mode(billing_types.reads_key_mode, events.key_mode) as line_key_mode,
        states_of_meters(events.measured) as line_measured,
        quarantined.reason,
        count(*) as events
    from events
    inner join billing_types on billing_types.billing_type = events.billing_type
    inner join quarantined
        on quarantined.file = events.file and quarantined.row_number = events.row_number
    where lacks_price(quarantined.reason)
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
