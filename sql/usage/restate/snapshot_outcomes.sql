-- One row per storage snapshot that counted, as `snapshots` reads them.
select
    kept.usage_date,
    pieces.rates_from,
    kept.org_id,
    kept.knowledge_base_id,
    kept.stored_tokens,
    storage_service() as service,
    'rated' as outcome
from kept
inner join (select distinct usage_date, rates_from from pieces) as pieces
    on pieces.usage_date = kept.usage_date
