-- One row per usage date, file and outcome, and per file and reason of rows of no date.
select
    stored.usage_date, stored.file, given_logs.file_name, stored.outcome, stored.rows,
    stored.input_tokens, stored.output_tokens, stored.image_tokens, stored.audio_ms,
    stored.characters, stored.requests, stored.stored_tokens
from stored
left join given_logs on given_logs.file = stored.file
union all
select
    null as usage_date,
    undated_account.file,
    given_logs.file_name,
    undated_account.outcome,
    undated_account.rows,
    null as input_tokens,
    null as output_tokens,
    null as image_tokens,
    null as audio_ms,
    null as characters,
    null as requests,
    null as stored_tokens
from undated_account
left join given_logs on given_logs.file = undated_account.file
