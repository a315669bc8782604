-- One row per organization and name without a price: the credits between the cheapest and the
-- dearest price of its kind.
select
    org_id,
    reason,
    brand,
    model,
    key_mode,
    cast(sum(least_credits) as varchar) as least_credits,
    cast(sum(most_credits) as varchar) as most_credits
from at_risk
group by org_id, reason, brand, model, key_mode
order by sum(most_credits) desc nulls last, org_id, reason, brand, model, key_mode
