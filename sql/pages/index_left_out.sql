-- One row per usage date (null: none) and reason: quarantined rows, with the first as an example.
with reasons as (
    select
        usage_date,
        reason,
        count(*) as rows,
        min(struct_pack(
            file_name := coalesce(file_name, ''), row_number, org_id, event_id, billing_type, brand,
            model, key_mode
        )) as example
    from quarantine
    group by usage_date, reason
)

select usage_date, reason, rows, example
from reasons
order by usage_date desc nulls last, reason
