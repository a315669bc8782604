-- One row per line before copies and snapshots are decided: every row of the dates, summed.
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
        cast(sum(cast(each_quantity as decimal(28, 0))) as decimal(38, 0)) as each_quantity,
        cast(sum(case
            when has_images(measured) then cast(tokens_of_images(images) as decimal(28, 0))
        end) as decimal(38, 0)) as image_tokens
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
    each_meter
from sums
