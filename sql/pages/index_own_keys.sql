-- One row per organization and model of own-key usage, beside what the platform's key would cost.
select
    org_id,
    brand,
    model,
    bool_or(capped) as capped,
    min(platform) as platform,
    cast(sum(credits) as varchar) as credits,
    cast(sum(platform_credits) as varchar) as platform_credits
from own_key
group by org_id, brand, model
order by sum(credits) desc, org_id, brand, model
