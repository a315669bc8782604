-- One row per usage date and file: its rows on the date and the sums of their quantities, as the
-- engine read them. A bad quantity, below 0 or above 10^12, is not a quantity.
select
    usage_date,
    file,
    count(*) as rows,
    coalesce(cast(sum(cast(counted(each_quantity) as decimal(28, 0))) as decimal(38, 0)), 0)
        as each_quantity,
    coalesce(cast(sum(case
        when images is not null and not images_are_bad(images)
            then cast(tokens_of_images(images) as decimal(28, 0))
    end) as decimal(38, 0)), 0) as image_tokens
from events
group by usage_date, file
