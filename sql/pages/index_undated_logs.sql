-- One row per log of which more than `$quarantine_limit` of the rows have no usage date.
with undated as (
    select file, sum(rows) as undated
    from account
    where usage_date is null
    group by file
)

select logs.file_name, cast(undated.undated as bigint) as undated, logs.rows
from logs
inner join undated on undated.file = logs.file
where undated.undated > cast($quarantine_limit as decimal(18, 17)) * logs.rows
order by logs.file_name, logs.file
