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
        array_to_string(list_sort(list('["' || usage_date || '","' || events || '"]')), ',') as days
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
            billing_type, brand, model, key_mode, dimensions
        )) as varchar) as line,
        days
    from rated
)

select
    org_id,
    '[' || array_to_string(list_sort(list(
        rtrim(line, '}') || ',"days":[' || days || ']}'
    )), ',') || ']' as rated
from texts
group by org_id
