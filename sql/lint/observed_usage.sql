-- One row per usage date, interval of constant prices, billing type, logged brand, model and key
-- mode, and set of meters that are given and non-zero: rows, rated or not.
select
    usage_date,
    rates_from,
    billing_type,
    line_brand,
    line_model,
    line_key_mode,
    line_measured,
    cast(sum(events) as bigint) as events
from lines
group by
    usage_date, rates_from, billing_type, line_brand, line_model, line_key_mode, line_measured
order by
    usage_date, rates_from, billing_type, line_brand, line_model, line_key_mode, line_measured
