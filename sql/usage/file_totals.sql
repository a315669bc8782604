-- One row per usage date and file: its rows on the date and the sums of their quantities, as the
-- engine read them. A bad quantity, below 0 or above 10^12, is no quantity.
select
    usage_date,
    file,
    count(*) as rows,
    coalesce(cast(sum(case
        when input_tokens between 1 and 1000000000000 then cast(input_tokens as decimal(28, 0))
    end) as decimal(38, 0)), 0) as input_tokens,
    coalesce(cast(sum(case
        when output_tokens between 1 and 1000000000000 then cast(output_tokens as decimal(28, 0))
    end) as decimal(38, 0)), 0) as output_tokens,
    coalesce(cast(sum(case
        when images is not null and not images_are_bad(images)
            then cast(tokens_of_images(images) as decimal(28, 0))
    end) as decimal(38, 0)), 0) as image_tokens,
    coalesce(cast(sum(case
        when audio_ms between 1 and 1000000000000 then cast(audio_ms as decimal(28, 0))
    end) as decimal(38, 0)), 0) as audio_ms,
    coalesce(cast(sum(case
        when characters between 1 and 1000000000000 then cast(characters as decimal(28, 0))
    end) as decimal(38, 0)), 0) as characters,
    coalesce(cast(sum(case
        when requests between 1 and 1000000000000 then cast(requests as decimal(28, 0))
    end) as decimal(38, 0)), 0) as requests,
    coalesce(cast(sum(case
        when stored_tokens between 1 and 1000000000000 then cast(stored_tokens as decimal(28, 0))
    end) as decimal(38, 0)), 0) as stored_tokens
from events
group by usage_date, file
