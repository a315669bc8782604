-- One row per organization: usage without a price by date and name, and the credits between the
-- cheapest and the dearest price of its kind, as JSON.
with kept as (
    select at_risk.*
    from at_risk
    inner join shown using (org_id)
    where at_risk.usage_date >= shown.first_date
),

names as (
    select
        org_id,
        usage_date,
        reason,
        billing_type,
        brand,
        model,
        key_mode,
        sum(least_credits) as least_credits,
        sum(most_credits) as most_credits
    from kept
    group by org_id, usage_date, reason, billing_type, brand, model, key_mode
)

select
    org_id,
    to_json(list(
        struct_pack(
            usage_date := cast(usage_date as varchar), reason, billing_type, brand, model, key_mode,
            least_credits := cast(least_credits as varchar),
            most_credits := cast(most_credits as varchar)
        )
        order by usage_date, reason, billing_type, brand, model, key_mode
    )) as credits_at_risk
from names
group by org_id
