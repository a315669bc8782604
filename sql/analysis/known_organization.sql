-- One row per table in which an organization is; none where it is in none.
select 'charges' as table_name
from charges
where org_id = $org
union
select 'corrections' as table_name
from corrections
where org_id = $org
union
select 'quarantine' as table_name
from quarantine
where org_id = $org
union
select 'balances' as table_name
from balances
where org_id = $org
