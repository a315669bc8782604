-- One row per usage date and file: its rows on the date and the sums of their quantities. A bad
-- quantity, below 0 or above 10^12, is no quantity: rows with one, which were all looked at, are
-- summed one by one, as `file_totals` does.
with good as (
    select
        usage_date,
        file,
        events as rows,
        each_meter
    from log_rollups
    where not has_bad_quantity(measured)
),

bad as (
    select
        usage_date,
        file,
        1 as rows,
        cast(counted(each_quantity) as decimal(38, 0)) as each_quantity,
        case
            when images is not null and not images_are_bad(images)
                then cast(tokens_of_images(images) as decimal(38, 0))
        end as image_tokens
    from looked_at
    where has_bad_quantity(measured)
),

every_row as (
    select * from good
    union all by name
    select * from bad
)

select
    usage_date,
    file,
    cast(sum(rows) as bigint) as rows,
    coalesce(cast(sum(each_meter) as decimal(38, 0)), 0) as each_meter
from every_row
group by usage_date, file
