-- One row per cause: charges that it touched, and what it added to credits and dollars.
select cause, count(*) as charges, sum(credits) as credits, sum(usd) as usd
from changes
group by cause
order by abs(sum(credits)) desc, cause
