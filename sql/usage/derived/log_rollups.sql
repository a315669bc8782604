-- One row per log of the unit and line before copies and snapshots are settled: its rows, summed.
with sums as (
    select
        log_no,
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
    from unit_rows
    group by
        log_no, usage_date, rates_from, org_id, dimensions, billing_type, brand, model, key_mode,
        measured
)

select
    unit_logs.file,
    sums.* exclude (log_no)
from sums
inner join unit_logs on unit_logs.log_no = sums.log_no
