-- One row per usage date (null: none) and reason: quarantined rows, whose they are (three
-- organizations by name), and the first as an example.
with reasons as (
    select
        usage_date,
        reason,
        count(*) as rows,
        list(distinct org_id order by org_id nulls last) as organizations,
        min(struct_pack(
            file_name := coalesce(file_name, ''), row_number, org_id, event_id, billing_type, brand,
            model, key_mode
        )) as example
    from quarantine
    group by usage_date, reason
)

select
    usage_date,
    reason,
    rows,
    organizations[1:3] as organizations,
    len(organizations) as organization_count,
    example
from reasons
order by usage_date desc nulls last, reason
