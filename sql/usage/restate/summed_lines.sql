-- One row per line of a date: what its version stored, and what logs that came since add.
select
    usage_date,
    rates_from,
    org_id,
    dimensions,
    billing_type,
    service,
    line_brand,
    line_model,
    line_key_mode,
    line_measured,
    cast(sum(events) as decimal(38, 0)) as events,
    cast(sum(each_meter) as decimal(38, 0)) as each_meter
from lines
group by
    usage_date, rates_from, org_id, dimensions, billing_type, service, line_brand, line_model,
    line_key_mode, line_measured
