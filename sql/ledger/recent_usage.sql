-- One row per organization, billing type and recent date on which something was charged.
select org_id, billing_type, usage_date, cast(-sum(credits) as decimal(38, 9)) as credits
from recent_entries
where entry in ('burned', 'repaid', 'restored', 'uncovered', 'covered')
group by org_id, billing_type, usage_date
having sum(credits) <> 0
order by org_id, billing_type, usage_date
