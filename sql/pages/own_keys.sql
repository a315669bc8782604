-- One row per organization: own-key usage by date and model, beside the platform's key, as JSON.
with kept as (
    select own_key.*
    from own_key
    inner join shown using (org_id)
    where own_key.usage_date >= shown.first_date
),

models as (
    select
        org_id,
        usage_date,
        billing_type,
        brand,
        model,
        bool_or(capped) as capped,
        min(platform) as platform,
        sum(credits) as credits,
        sum(platform_credits) as platform_credits
    from kept
    group by org_id, usage_date, billing_type, brand, model
)

select
    org_id,
    to_json(list(
        struct_pack(
            usage_date := cast(usage_date as varchar), billing_type, brand, model, capped, platform,
            credits := cast(credits as varchar),
            platform_credits := cast(platform_credits as varchar)
        )
        order by usage_date, billing_type, brand, model
    )) as own_keys
from models
group by org_id
