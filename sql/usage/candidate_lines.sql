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
left join answers
    on answers.rates_from = ruled.rates_from
    and answers.service = ruled.service
    and answers.line_brand = ruled.line_brand
    and answers.line_model = ruled.line_model
    and answers.line_key_mode = ruled.line_key_mode
    and answers.line_measured = ruled.line_measured
where
    ruled.reason is not null
    or ruled.tool_failed
    or ruled.service = 'storage'
    or answers.reason is not null
