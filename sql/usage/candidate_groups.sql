-- One row per file and content of candidate rows, those that may not end as rated: how many rows
-- there are, and the first of them. Where `$one_by_one`, each row is a group of its own.
select
    usage_date,
    rates_from,
    event_id,
    event_time,
    org_id,
    billing_type,
    brand,
    model,
    key_mode,
    agent_id,
    status,
    each_quantity,
    images,
    knowledge_base_id,
    tier,
    dimensions,
    file,
    measured,
    record_updated_at,
    min(row_number) as row_number,
    count(*) as rows
from candidate_rows
group by
    usage_date, rates_from, event_id, event_time, org_id, billing_type, brand, model, key_mode,
    agent_id, status,
    each_quantity,
    images, knowledge_base_id, tier, dimensions, file, measured, record_updated_at,
    case when $one_by_one then row_number end
