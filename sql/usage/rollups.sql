-- One row per line before copies and snapshots are settled: every row of the dates, summed.
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
    count(*) as events,
    cast(sum(cast(input_tokens as decimal(28, 0))) as decimal(38, 0)) as input_tokens,
    cast(sum(cast(output_tokens as decimal(28, 0))) as decimal(38, 0)) as output_tokens,
    cast(sum(case
        when whole_div(measured, 4096) % 4 = 2
            then cast(tokens_of_images(images) as decimal(28, 0))
    end) as decimal(38, 0)) as image_tokens,
    cast(sum(cast(audio_ms as decimal(28, 0))) as decimal(38, 0)) as audio_ms,
    cast(sum(cast(characters as decimal(28, 0))) as decimal(38, 0)) as characters,
    cast(sum(cast(requests as decimal(28, 0))) as decimal(38, 0)) as requests,
    cast(sum(cast(stored_tokens as decimal(28, 0))) as decimal(38, 0)) as stored_tokens
from events
group by
    usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode, measured
