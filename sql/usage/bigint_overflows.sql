-- One row per quantity of a line, or of a line of usage, that no BIGINT holds.
with quantities as (
    select
        usage_date, org_id, billing_type, line_brand as brand, line_model as model,
        unnest([
            'each_meter'
        ]) as meter,
        unnest([
            each_meter
        ]) as quantity
    from lines
    union all
    select
        usage_date, org_id, billing_type, brand, model,
        unnest([
            'each_meter'
        ]) as meter,
        unnest([
            each_meter
        ]) as quantity
    from usage
)

select usage_date, org_id, billing_type, brand, model, meter, quantity
from quantities
where quantity > $bigint_max
order by all
