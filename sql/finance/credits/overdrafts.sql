-- One row per organization that is overdrawn at the end of the period: what no grant covers.
select
    org_id,
    -sum(credits) as overdraft
from ledger_through
where grant_id is null
group by org_id
having sum(credits) <> 0
order by org_id
