-- One row per usage date, file and outcome. Rows of a file that no rule took out are rated; that
-- this agrees with the lines' own count of events is a check.
with listed as (
    select usage_date, file, outcome, count(*) as rows
    from outcomes
    where outcome <> 'rated'
    group by usage_date, file, outcome
),

taken_out as (
    select usage_date, file, sum(rows) as rows
    from listed
    group by usage_date, file
),

rated as (
    select
        read_rows.usage_date,
        read_rows.file,
        'rated' as outcome,
        read_rows.rows - coalesce(taken_out.rows, 0) as rows
    from read_rows
    left join taken_out
        on taken_out.usage_date = read_rows.usage_date and taken_out.file = read_rows.file
)

select usage_date, file, outcome, cast(rows as bigint) as rows
from (
    select * from rated where rows <> 0
    union all
    select * from listed
) as outcomes_of_files
