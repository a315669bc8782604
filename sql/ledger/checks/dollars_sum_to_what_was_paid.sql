-- One row per grant of which nothing is left and whose dollars are not all accounted for.
select grant_id, usd
from grants_through
where credits = 0 and usd <> 0
