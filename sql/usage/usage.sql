-- One row per usage date, organization, dimensions, billing type, brand and model as the card
-- prints them, key mode and rate card.
with sums as (
    select
        usage_date,
        org_id,
        dimensions,
        billing_type,
        price_key,
        cast(sum(events) as decimal(38, 0)) as events,
        cast(sum(each_meter) as decimal(38, 0)) as each_meter
    from rated_lines
    where reason is null
    group by usage_date, org_id, dimensions, billing_type, price_key
)

select
    sums.* exclude (price_key),
    price_keys.brand,
    price_keys.model,
    price_keys.key_mode,
    price_keys.rate_card
from sums
inner join price_keys on price_keys.price_key = sums.price_key
