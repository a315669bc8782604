-- One row per grant and date of which less than nothing, or more than was granted, is left at the
-- end, and per grant that was not opened once.
select left_by_date.usage_date, grant_id, left_by_date.credits
from left_by_date
inner join grants_through using (grant_id)
where left_by_date.credits < 0 or left_by_date.credits > grants_through.granted
union all
select null as usage_date, grant_id, credits
from grants_through
where credits < 0 or credits > granted or openings <> 1
