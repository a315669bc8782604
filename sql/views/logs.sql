-- One row per accepted log.
select file, file_name, cast(received_at as timestamptz) as received_at, rows, bytes
from given_logs
