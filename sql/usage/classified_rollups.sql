-- One row per tally: its service, its normal key, and the first rule of a single row it breaks.
-- A line's rows share their key and `measured`, so rules cost lines, not rows.
with places as (
    select
        tallies.*,
        billing_types.service,
        coalesce(billing_types.reads_key_mode, false) as reads_key_mode,
        coalesce(billing_types.metered, 0) as metered,
        measured % 4 as input_place,
        whole_div(measured, 4) % 4 as output_place,
        whole_div(measured, 16) % 4 as audio_place,
        whole_div(measured, 64) % 4 as characters_place,
        whole_div(measured, 256) % 4 as requests_place,
        whole_div(measured, 1024) % 4 as stored_place,
        whole_div(measured, 4096) % 4 as images_place,
        whole_div(measured, 16384) % 2 as id_is_blank
    from tallies
    left join billing_types on billing_types.billing_type = tallies.billing_type
),

-- `metered` holds 1 per quantity that the service meters, to the base 2 in the same order
metered as (
    select
        places.*,
        metered % 2 = 1 as meters_input,
        whole_div(metered, 2) % 2 = 1 as meters_output,
        whole_div(metered, 4) % 2 = 1 as meters_audio,
        whole_div(metered, 8) % 2 = 1 as meters_characters,
        whole_div(metered, 16) % 2 = 1 as meters_requests,
        whole_div(metered, 32) % 2 = 1 as meters_stored,
        whole_div(metered, 64) % 2 = 1 as meters_images
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
    case when service = 'storage' then '' else coalesce(brand, '') end as line_brand,
    case when service = 'storage' then 'Vector Storage' else coalesce(model, '') end as line_model,
    case when reads_key_mode then key_mode else 'any' end as line_key_mode,
    measured % 16384 as line_measured,
    whole_div(measured, 32768) % 2 = 1 as tool_failed,
    case
        when id_is_blank = 1 then 'missing_event_id'
        when org_id is null or is_blank(org_id) then 'missing_org_id'
        when service is null then 'unknown_billing_type'
        when reads_key_mode and (key_mode is null or key_mode not in ('platform', 'own'))
            then 'unknown_key_mode'
        when input_place = 3
            or output_place = 3
            or audio_place = 3
            or characters_place = 3
            or requests_place = 3
            or stored_place = 3
            or images_place = 3
            then 'bad_quantity'
        when (input_place = 2 and not meters_input)
            or (output_place = 2 and not meters_output)
            or (audio_place = 2 and not meters_audio)
            or (characters_place = 2 and not meters_characters)
            or (requests_place = 2 and not meters_requests)
            or (stored_place = 2 and not meters_stored)
            or (images_place = 2 and not meters_images)
            then 'unexpected_quantity'
        when not (
            (input_place > 0 and meters_input)
            or (output_place > 0 and meters_output)
            or (audio_place > 0 and meters_audio)
            or (characters_place > 0 and meters_characters)
            or (requests_place > 0 and meters_requests)
            or (stored_place > 0 and meters_stored)
            or (images_place > 0 and meters_images)
        )
            then 'missing_quantity'
    end as reason,
    events,
    input_tokens,
    output_tokens,
    image_tokens,
    audio_ms,
    characters,
    requests,
    stored_tokens
from metered
