-- One row per grant of which less than nothing, or more than was granted, is left.
select grant_id, credits
from grants_through
where credits < 0 or credits > granted or openings <> 1
