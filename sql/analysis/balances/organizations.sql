-- One row per organization with grants, those that run out first at the top: its balance at the end
-- of a date, and how long it lasts.
select
    balances.org_id, balances.usage_date, balances.closing, balances.overdraft,
    balances.closing_promo, balances.closing_plan, balances.closing_paid,
    balances.closing_adjustment,
    case when forecast.as_of = $at_end_of then forecast.days_left end as days_left,
    case when forecast.as_of = $at_end_of then forecast.exhausts_on end as exhausts_on,
    case when forecast.as_of = $at_end_of then forecast.expires_unused end as expires_unused
from balances
left join forecast using (org_id)
where balances.usage_date = $at_end_of and ($org is null or balances.org_id = $org)
order by balances.overdraft > 0 desc, exhausts_on nulls last, balances.closing, balances.org_id
