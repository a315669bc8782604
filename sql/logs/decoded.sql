-- One row: how many rows the relation `decoded` has, and a digest of their values and places.
select
    count(*) as rows,
    bit_xor(hash(
        row_number, event_id, cast(event_time as timestamp), org_id, billing_type, brand, model,
        key_mode, agent_id, status,
        each_quantity,
        images, knowledge_base_id, tier, dimensions
    )) as values_read
from decoded
