-- One row per grant of which nothing is left and whose dollars are not all accounted for.
select grant_id, sum(usd) as usd
from ledger_through
where grant_id is not null
group by grant_id
having sum(credits) = 0 and sum(usd) <> 0
