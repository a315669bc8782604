-- One row per grant and date at the end of which nothing is left of it, and whose dollars are not
-- all accounted for.
select usage_date, grant_id, usd
from left_by_date
where credits = 0 and usd <> 0
union all
select null as usage_date, grant_id, usd
from grants_through
where credits = 0 and usd <> 0
