-- One row per line of the unit's logs before copies and snapshots are decided: its rows, summed.
-- As integers, which DuckDB widens; `usage/rollups` sums decimals, since Spark runs it, too.
with sums as (
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
        count(*) as events,
        sum(each_quantity) as each_quantity,
        sum(case when has_images(measured) then tokens_of_images(images) end) as image_tokens
    from events
    group by
        usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode, measured
)

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
    events,
    cast(each_meter as decimal(38, 0)) as each_meter
from sums
