-- One row per organization: its quarantined rows by date (null: none) and reason, those without a
-- price by name, too, with the first of them as an example, as JSON.
with kept as (
    select quarantine.*
    from quarantine
    inner join shown using (org_id)
    where quarantine.usage_date >= shown.first_date or quarantine.usage_date is null
),

reasons as (
    select
        org_id,
        usage_date,
        reason,
        case when list_contains(getvariable('no_price'), reason) then [brand, model] end as "name",
        count(*) as rows,
        min(struct_pack(
            file_name := coalesce(file_name, ''), row_number, event_id, billing_type, brand, model,
            key_mode
        )) as example
    from kept
    group by org_id, usage_date, reason, "name"
)

select
    org_id,
    to_json(list(
        struct_pack(
            usage_date := cast(usage_date as varchar), reason, rows := cast(rows as varchar),
            example
        )
        order by usage_date nulls last, reason, "name"
    )) as quarantined_rows
from reasons
group by org_id
