-- One row per usage date, file and outcome, and per file and reason of rows of no date.
select
    stored.usage_date,
    stored.file,
    given_logs.file_name,
    stored.outcome,
    stored.rows,
    stored.each_meter
from stored
left join given_logs on given_logs.file = stored.file
union all
select
    null as usage_date,
    undated_account.file,
    given_logs.file_name,
    undated_account.outcome,
    undated_account.rows,
    null as each_meter
from undated_account
left join given_logs on given_logs.file = undated_account.file
