-- One row: all accepted logs.
select
    count(*) as logs,
    cast(coalesce(sum(rows), 0) as bigint) as rows,
    cast(max(received_at) as varchar) as received_at
from logs
