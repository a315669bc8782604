-- One row per organization and billing type with overdraft.
select org_id, billing_type, cast(sum(credits) as decimal(38, 9)) as credits
from owed_through
group by org_id, billing_type
having sum(credits) > 0
order by org_id, billing_type
