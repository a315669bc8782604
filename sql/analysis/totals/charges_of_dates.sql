-- One row per usage date that has a charge: how many charges, and their credits.
select
    usage_date,
    count(*) as charges,
    sum(credits) as credits
from charges
group by usage_date
