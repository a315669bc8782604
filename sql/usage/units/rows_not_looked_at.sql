-- One row per row that was asked for and not looked at before.
select asked_rows.*
from asked_rows
left join looked_at
    on looked_at.file = asked_rows.file and looked_at.row_number = asked_rows.row_number
where looked_at.file is null
