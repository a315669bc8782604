-- One row per line without a price and meter with a non-zero quantity, and what that is priced as.
select
    unpivoted.*,
    service_meters.priced_as
from (
    select
        rated_lines.* exclude (
            input_tokens, output_tokens, image_tokens, audio_ms, characters, requests,
            stored_tokens
        ),
        unnest([
            'input_tokens', 'output_tokens', 'image_tokens', 'audio_ms', 'characters', 'requests',
            'stored_tokens'
        ]) as meter,
        unnest([
            input_tokens, output_tokens, image_tokens, audio_ms, characters, requests,
            stored_tokens
        ]) as quantity
    from rated_lines
    where reason is not null
) as unpivoted
inner join service_meters
    on service_meters.service = unpivoted.service
    and service_meters.meter = unpivoted.meter
where unpivoted.quantity <> 0
