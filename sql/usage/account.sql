-- One row per usage date, file and outcome: rows, and the sums of their quantities. Rows of a file
-- that no rule took out are rated; that these agree with the lines' own sums is a check.
with listed as (
    select
        usage_date,
        file,
        outcome,
        sum(rows) as rows,
        coalesce(cast(sum(case
            when input_tokens between 1 and 1000000000000
                then cast(input_tokens as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as input_tokens,
        coalesce(cast(sum(case
            when output_tokens between 1 and 1000000000000
                then cast(output_tokens as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as output_tokens,
        coalesce(cast(sum(case
            when images is not null and not images_are_bad(images)
                then cast(tokens_of_images(images) as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as image_tokens,
        coalesce(cast(sum(case
            when audio_ms between 1 and 1000000000000
                then cast(audio_ms as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as audio_ms,
        coalesce(cast(sum(case
            when characters between 1 and 1000000000000
                then cast(characters as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as characters,
        coalesce(cast(sum(case
            when requests between 1 and 1000000000000
                then cast(requests as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as requests,
        coalesce(cast(sum(case
            when stored_tokens between 1 and 1000000000000
                then cast(stored_tokens as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as stored_tokens
    from outcomes
    where outcome <> 'rated'
    group by usage_date, file, outcome
),

taken_out as (
    select
        usage_date,
        file,
        sum(rows) as rows,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(image_tokens) as image_tokens,
        sum(audio_ms) as audio_ms,
        sum(characters) as characters,
        sum(requests) as requests,
        sum(stored_tokens) as stored_tokens
    from listed
    group by usage_date, file
),

rated as (
    select
        read_rows.usage_date,
        read_rows.file,
        'rated' as outcome,
        read_rows.rows - coalesce(taken_out.rows, 0) as rows,
        read_rows.input_tokens - coalesce(taken_out.input_tokens, 0) as input_tokens,
        read_rows.output_tokens - coalesce(taken_out.output_tokens, 0) as output_tokens,
        read_rows.image_tokens - coalesce(taken_out.image_tokens, 0) as image_tokens,
        read_rows.audio_ms - coalesce(taken_out.audio_ms, 0) as audio_ms,
        read_rows.characters - coalesce(taken_out.characters, 0) as characters,
        read_rows.requests - coalesce(taken_out.requests, 0) as requests,
        read_rows.stored_tokens - coalesce(taken_out.stored_tokens, 0) as stored_tokens
    from read_rows
    left join taken_out
        on taken_out.usage_date = read_rows.usage_date and taken_out.file = read_rows.file
)

select
    usage_date, file, outcome, cast(rows as bigint) as rows,
    input_tokens, output_tokens, image_tokens, audio_ms, characters, requests, stored_tokens
from (
    select * from rated where rows <> 0
    union all
    select * from listed
) as outcomes_of_files
