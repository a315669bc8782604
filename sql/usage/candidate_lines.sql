-- One row per key of a line whose rows must be looked at one by one.
select distinct
    ruled.usage_date,
    ruled.rates_from,
    ruled.org_id,
    ruled.dimensions,
    ruled.billing_type,
    ruled.brand,
    ruled.model,
    ruled.key_mode,
    ruled.measured
from ruled
left join price_resolutions
    on price_resolutions.rates_from = ruled.rates_from
    and price_resolutions.service = ruled.service
    and price_resolutions.line_brand = ruled.line_brand
    and price_resolutions.line_model = ruled.line_model
    and price_resolutions.line_key_mode = ruled.line_key_mode
    and price_resolutions.line_measured = ruled.line_measured
where
    ruled.reason is not null
    or ruled.tool_failed
    or ruled.service = 'storage'
    or price_resolutions.reason is not null
