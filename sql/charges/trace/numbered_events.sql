-- One row per event of the charges asked about, numbered within its charge by file and row.
select
    *,
    row_number() over (
        partition by
            org_id, dimensions, billing_type, brand, model, key_mode, rate_card, agreement, meter,
            price
        order by file_name nulls last, file nulls last, row_number nulls last
    ) as nth
from asked_explained_events
