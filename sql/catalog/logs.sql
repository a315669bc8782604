-- One row per accepted log.
select file, file_name, cast(received_at as timestamptz) as received_at, rows, bytes, integrity
from given_logs
