-- One row per organization: rated events by key and date, as JSON.
with kept as (
    select usage.*
    from usage
    inner join shown using (org_id)
    where usage.usage_date >= shown.first_date
),

rated as (
    select
        org_id, billing_type, brand, model, key_mode, dimensions,
        list([cast(usage_date as varchar), cast(events as varchar)] order by usage_date) as days
    from (
        select
            org_id, billing_type, brand, model, key_mode, dimensions, usage_date,
            sum(events) as events
        from kept
        group by org_id, billing_type, brand, model, key_mode, dimensions, usage_date
    )
    group by org_id, billing_type, brand, model, key_mode, dimensions
)

select
    org_id,
    to_json(list(
        struct_pack(billing_type, brand, model, key_mode, dimensions, days)
        order by billing_type, brand, model, key_mode, dimensions
    )) as rated
from rated
group by org_id
