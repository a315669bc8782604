-- One row per usage date and outcome of the account.
select usage_date, outcome, cast(sum(rows) as bigint) as rows
from account
group by usage_date, outcome
order by usage_date, outcome
