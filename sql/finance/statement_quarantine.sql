-- One row per organization, usage date, reason and logged name of rows that are not charged.
select
    org_id,
    usage_date,
    reason,
    billing_type,
    brand,
    model,
    key_mode,
    count(*) as rows,
    min(event_id) as example
from quarantine
where org_id is not null
group by org_id, usage_date, reason, billing_type, brand, model, key_mode
order by org_id, usage_date, "rows" desc, reason, billing_type, brand, model, key_mode
