-- One row per rollup: its service, its normal key, and the first rule of a single row it breaks.
-- A line's rows share their key and `measured`, so rules cost lines, not rows.
with places as (
    select
        rollups.*,
        billing_types.service,
        coalesce(billing_types.reads_key_mode, false) as reads_key_mode,
        coalesce(billing_types.metered, 0) as metered,
        whole_div(measured, each_weight) % 4 as each_main_meter_state
    from rollups
    left join billing_types on billing_types.billing_type = rollups.billing_type
),

-- `metered` holds 1 per quantity that the service meters, to the base 2 in the same order
metered as (
    select
        places.*,
        whole_div(metered, each_bit) % 2 = 1 as reads_each_main_meter
    from places
)

select
    usage_date,
    rates_from,
    org_id,
    dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    measured,
    service,
    priced_brand(service, brand) as line_brand,
    priced_model(service, model) as line_model,
    priced_key_mode(reads_key_mode, key_mode) as line_key_mode,
    states_of_meters(measured) as line_measured,
    tool_failed(measured) as tool_failed,
    case
        when outcome_of_record(measured) is not null then outcome_of_record(measured)
        when id_is_blank(measured) then 'missing_event_id'
        when org_id is null or is_blank(org_id) then 'missing_org_id'
        when service is null then 'unknown_billing_type'
        when reads_key_mode and (key_mode is null or key_mode not in ('platform', 'own'))
            then 'unknown_key_mode'
        when (
            false
            or each_main_meter_state = 3
        )
            then 'bad_quantity'
        when (
            false
            or (each_main_meter_state = 2 and not reads_each_main_meter)
        )
            then 'unexpected_quantity'
        when not (
            false
            or (each_main_meter_state > 0 and reads_each_main_meter)
        )
            then 'missing_quantity'
    end as reason,
    events,
    each_meter
from metered
