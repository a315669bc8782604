-- One row per row that was looked at after its log was reduced, and not then.
select distinct on (later.file, later.row_number) later.*
from looked_at_later as later
left join looked_at_first as first
    on first.file = later.file and first.row_number = later.row_number
where first.file is null
order by later.file, later.row_number
