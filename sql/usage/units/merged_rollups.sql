-- One row per line before copies and snapshots are decided: the sums of the logs' own.
select
    usage_date,
    rates_from,
    org_id,
    dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    measured,
    cast(sum(events) as bigint) as events,
    cast(sum(each_meter) as decimal(38, 0)) as each_meter
from unit_rollups
group by
    usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode, measured
