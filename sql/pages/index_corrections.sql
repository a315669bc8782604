-- One row per usage date: what was booked for it after it was closed.
select
    usage_date,
    cast(sum(credits) as varchar) as credits,
    cast(sum(usd) as varchar) as usd
from corrections
group by usage_date
order by usage_date
