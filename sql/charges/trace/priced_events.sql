-- One row per rated event and meter with a non-zero quantity: the charge that it is part of.
-- A token class that the card prints a price of is a meter of its own, and taken off its whole.
with rated_events as (
    select
        events.*,
        classified_rollups.service,
        price_resolutions.price_key,
        price_resolutions.name_lines
    from events
    inner join classified_rollups
        on classified_rollups.usage_date = events.usage_date
        and classified_rollups.rates_from = events.rates_from
        and classified_rollups.org_id is not distinct from events.org_id
        and classified_rollups.dimensions is not distinct from events.dimensions
        and classified_rollups.billing_type is not distinct from events.billing_type
        and classified_rollups.brand is not distinct from events.brand
        and classified_rollups.model is not distinct from events.model
        and classified_rollups.key_mode is not distinct from events.key_mode
        and classified_rollups.measured = events.measured
    inner join price_resolutions
        on price_resolutions.rates_from = classified_rollups.rates_from
        and price_resolutions.service = classified_rollups.service
        and price_resolutions.line_brand = classified_rollups.line_brand
        and price_resolutions.line_model = classified_rollups.line_model
        and price_resolutions.line_key_mode = classified_rollups.line_key_mode
        and price_resolutions.line_measured = classified_rollups.line_measured
    where
        classified_rollups.reason is null
        and price_resolutions.reason is null
        and not exists (
            select 1
            from outcomes
            where
                outcomes.file = events.file
                and outcomes.row_number = events.row_number
                and outcomes.outcome <> 'rated'
        )
),

metered as (
    select
        * exclude (
            each_quantity,
            images, key_mode, tier
        ),
        unnest([
            'each_main_quantity',
            'image_tokens'
        ]) as main_meter,
        unnest([
            each_main_quantity,
            case when has_images(measured) then tokens_of_images(images) end
        ]) as quantity
    from rated_events
),

classes as (
    select
        * exclude (
            each_quantity,
            images, key_mode, tier
        ),
        unnest([
            'each_part'
        ]) as part,
        unnest([
            each_part
        ]) as quantity
    from rated_events
    where has_classes(measured)
),

priced_classes as (
    select
        classes.*,
        whole_of_class(part) as main_meter,
        meter_of_class(part) || tier_suffix(measured) as meter
    from classes
    semi join prices
        on prices.price_key = classes.price_key
        and prices.meter = meter_of_class(classes.part) || tier_suffix(classes.measured)
    where classes.quantity <> 0
),

taken_off as (
    select file, row_number, main_meter, sum(quantity) as quantity
    from priced_classes
    group by file, row_number, main_meter
),

quantities as (
    select
        metered.* exclude (main_meter, quantity),
        metered.main_meter || tier_suffix(metered.measured) as meter,
        metered.quantity - coalesce(taken_off.quantity, 0) as quantity
    from metered
    left join taken_off
        on taken_off.file = metered.file
        and taken_off.row_number = metered.row_number
        and taken_off.main_meter = metered.main_meter
    union all
    select * exclude (part, main_meter, meter, quantity), meter, quantity
    from priced_classes
)

select
    quantities.usage_date,
    quantities.org_id,
    quantities.dimensions,
    quantities.billing_type,
    prices.brand,
    prices.model,
    prices.key_mode,
    prices.rate_card,
    agreed.agreement,
    quantities.meter,
    cast(quantities.quantity as bigint) as quantity,
    prices.per,
    prices.list_price,
    coalesce(agreed.price_billionths, prices.price_billionths) as price_billionths,
    billionths_as_decimal(
        cast(coalesce(agreed.price_billionths, prices.price_billionths) as hugeint)
    ) as price,
    quantities.service,
    prices.meter as priced_as,
    quantities.event_id,
    quantities.event_time,
    quantities.brand as logged_brand,
    quantities.model as logged_model,
    quantities.name_lines,
    quantities.file,
    quantities.row_number
from quantities
inner join charge_meters
    on charge_meters.service = quantities.service and charge_meters.meter = quantities.meter
inner join prices
    on prices.price_key = quantities.price_key
    and prices.meter = charge_meters.priced_as
left join agreed
    on agreed.agreed_at = quantities.rates_from
    and agreed.org_id = quantities.org_id
    and agreed.price_key = quantities.price_key
    and agreed.meter = charge_meters.priced_as
where quantities.quantity <> 0
