-- One row per line: usage date, interval of constant prices, organization, dimensions, billing
-- type, logged brand, model and key mode, and the set of meters that are given and non-zero.
-- Every tally counts, and what was settled out of it is taken off again: sums of integers.
with signed as (
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured,
        cast(events as decimal(38, 0)) as events,
        coalesce(input_tokens, 0) as input_tokens,
        coalesce(output_tokens, 0) as output_tokens,
        coalesce(image_tokens, 0) as image_tokens,
        coalesce(audio_ms, 0) as audio_ms,
        coalesce(characters, 0) as characters,
        coalesce(requests, 0) as requests,
        coalesce(stored_tokens, 0) as stored_tokens
    from ruled
    where reason is null
    union all
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured,
        -cast(rows as decimal(38, 0)) as events,
        -cast(coalesce(input_tokens, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as input_tokens,
        -cast(coalesce(output_tokens, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as output_tokens,
        -cast(case
            when whole_div(measured, 4096) % 4 = 2 then tokens_of_images(images) else 0
        end as decimal(28, 0)) * cast(rows as decimal(10, 0)) as image_tokens,
        -cast(coalesce(audio_ms, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as audio_ms,
        -cast(coalesce(characters, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as characters,
        -cast(coalesce(requests, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as requests,
        -cast(coalesce(stored_tokens, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as stored_tokens
    from settled
    where is_left and reason is not null
),

summed as (
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured,
        cast(sum(events) as decimal(38, 0)) as events,
        cast(sum(input_tokens) as decimal(38, 0)) as input_tokens,
        cast(sum(output_tokens) as decimal(38, 0)) as output_tokens,
        cast(sum(image_tokens) as decimal(38, 0)) as image_tokens,
        cast(sum(audio_ms) as decimal(38, 0)) as audio_ms,
        cast(sum(characters) as decimal(38, 0)) as characters,
        cast(sum(requests) as decimal(38, 0)) as requests,
        cast(sum(stored_tokens) as decimal(38, 0)) as stored_tokens
    from signed
    group by
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured
)

select *
from summed
where events > 0
