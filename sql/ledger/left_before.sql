-- One row per grant that was opened: what was left of it at the end of the date before.
select grant_id, sum(credits) as credits
from ledger_before
where grant_id is not null
group by grant_id
