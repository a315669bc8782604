-- One row per outcome: rows of the period's dates, as the reports in force account for them.
select outcome, cast(sum(rows) as bigint) as rows
from account
group by outcome
order by outcome
