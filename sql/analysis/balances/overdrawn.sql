-- One row per organization with overdraft on the newest date.
select org_id, overdraft
from balances
where usage_date = (select max(usage_date) from balances) and overdraft > 0
order by overdraft desc, org_id
