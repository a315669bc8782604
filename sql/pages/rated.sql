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
        list_sort(list([cast(usage_date as varchar), cast(events as varchar)])) as days
    from (
        select
            org_id, billing_type, brand, model, key_mode, dimensions, usage_date,
            sum(events) as events
        from kept
        group by org_id, billing_type, brand, model, key_mode, dimensions, usage_date
    )
    group by org_id, billing_type, brand, model, key_mode, dimensions
),

texts as (
    select
        org_id,
        cast(to_json(struct_pack(
            billing_type, brand, model, key_mode, dimensions, days
        )) as varchar) as line
    from rated
)

select
    org_id,
    '[' || string_agg(line, ',' order by line) || ']' as rated
from texts
group by org_id
