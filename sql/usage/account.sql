-- One row per usage date, file and outcome: rows, and the sums of their quantities. Rows of a file
-- that no rule took out are rated; that these agree with the lines' own sums is a check.
with listed as (
    select
        usage_date,
        file,
        outcome,
        sum(rows) as rows,
        coalesce(cast(sum(counted_rows(each_quantity, rows)) as decimal(38, 0)), 0)
            as each_quantity,
        coalesce(cast(sum(case
            when images is not null and not images_are_bad(images)
                then cast(tokens_of_images(images) as decimal(28, 0)) * cast(rows as decimal(10, 0))
        end) as decimal(38, 0)), 0) as image_tokens
    from outcomes
    where outcome <> 'rated'
    group by usage_date, file, outcome
),

taken_out as (
    select
        usage_date,
        file,
        sum(rows) as rows,
        sum(each_quantity) as each_quantity,
        sum(image_tokens) as image_tokens
    from listed
    group by usage_date, file
),

rated as (
    select
        read_rows.usage_date,
        read_rows.file,
        'rated' as outcome,
        read_rows.rows - coalesce(taken_out.rows, 0) as rows,
        read_rows.each_quantity - coalesce(taken_out.each_quantity, 0) as each_quantity,
        read_rows.image_tokens - coalesce(taken_out.image_tokens, 0) as image_tokens
    from read_rows
    left join taken_out
        on taken_out.usage_date = read_rows.usage_date and taken_out.file = read_rows.file
)

select
    usage_date,
    file,
    outcome,
    cast(rows as bigint) as rows,
    each_meter
from (
    select * from rated where rows <> 0
    union all
    select * from listed
) as outcomes_of_files
