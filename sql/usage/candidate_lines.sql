-- One row per key of a line whose rows must be looked at one by one.
select distinct
    classified_rollups.usage_date,
    classified_rollups.rates_from,
    classified_rollups.org_id,
    classified_rollups.dimensions,
    classified_rollups.billing_type,
    classified_rollups.brand,
    classified_rollups.model,
    classified_rollups.key_mode,
    classified_rollups.measured
from classified_rollups
left join price_resolutions
    on price_resolutions.rates_from = classified_rollups.rates_from
    and price_resolutions.service = classified_rollups.service
    and price_resolutions.line_brand = classified_rollups.line_brand
    and price_resolutions.line_model = classified_rollups.line_model
    and price_resolutions.line_key_mode = classified_rollups.line_key_mode
    and price_resolutions.line_measured = classified_rollups.line_measured
where
    classified_rollups.reason is not null
    or classified_rollups.tool_failed
    or classified_rollups.service = storage_service()
    or price_resolutions.reason is not null
