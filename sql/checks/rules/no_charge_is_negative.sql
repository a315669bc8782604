-- One row per usage charge below zero.
select usage_date, concat(org_id, ' ', model, ' ', meter, ': ', credits, ' credits') as fault
from charges
where
    quantity <= 0
    or price < 0
    or (price > list_price and agreement is null)
    or credits < 0
    or usd < 0
