-- One row per grant that was opened: what is left of it.
select grant_id, sum(credits) as credits
from ledger_through
where grant_id is not null
group by grant_id
