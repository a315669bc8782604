-- One row per line: usage date, interval of constant prices, organization, dimensions, billing
-- type, logged brand, model and key mode, and the set of meters that are given and non-zero.
-- Every rollup counts, and rows that were decided one by one are subtracted: sums of integers.
with signed as (
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured,
        cast(events as decimal(38, 0)) as events,
        coalesce(each_quantity, 0) as each_quantity,
        coalesce(image_tokens, 0) as image_tokens
    from classified_rollups
    where reason is null
    union all
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured,
        -cast(rows as decimal(38, 0)) as events,
        -cast(coalesce(each_quantity, 0) as decimal(28, 0)) * cast(rows as decimal(10, 0))
            as each_quantity,
        -cast(case
            when has_images(measured) then tokens_of_images(images) else 0
        end as decimal(28, 0)) * cast(rows as decimal(10, 0)) as image_tokens
    from decided_rows
    where is_left and reason is not null
),

summed as (
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured,
        cast(sum(events) as decimal(38, 0)) as events,
        cast(sum(each_meter) as decimal(38, 0)) as each_meter
    from signed
    group by
        usage_date, rates_from, org_id, dimensions, billing_type, service,
        line_brand, line_model, line_key_mode, line_measured
)

select *
from summed
where events > 0
