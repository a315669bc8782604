-- One row per grant that still has credits and ends soon.
select grants.org_id, grants.grant_id, grants."left", grants.expires_date
from grants
where
    grants.status = 'active'
    and grants.expires_date <= (select max(usage_date) + cast($days as integer) from balances)
order by grants.expires_date, grants.org_id, grants.grant_id
