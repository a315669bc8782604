-- One row per outcome: where the rows of all accepted logs ended.
select outcome, cast(sum(rows) as bigint) as rows
from account
group by outcome
order by rows desc, outcome
