-- One row per charge, published or summed from events: what was published, and what its events are.
with summed as (
    select
        org_id, dimensions, billing_type, brand, model, key_mode, rate_card, agreement, meter,
        per, list_price, price, card_file, card_line,
        count(*) as events,
        cast(sum(quantity) as decimal(38, 0)) as quantity
    from explained_events
    group by
        org_id, dimensions, billing_type, brand, model, key_mode, rate_card, agreement, meter,
        per, list_price, price, card_file, card_line
)

select
    coalesce(published.org_id, summed.org_id) as org_id,
    coalesce(published.dimensions, summed.dimensions) as dimensions,
    coalesce(published.billing_type, summed.billing_type) as billing_type,
    coalesce(published.brand, summed.brand) as brand,
    coalesce(published.model, summed.model) as model,
    coalesce(published.key_mode, summed.key_mode) as key_mode,
    coalesce(published.rate_card, summed.rate_card) as rate_card,
    coalesce(published.agreement, summed.agreement) as agreement,
    coalesce(published.meter, summed.meter) as meter,
    coalesce(published.per, summed.per) as per,
    coalesce(published.list_price, summed.list_price) as list_price,
    coalesce(published.price, summed.price) as price,
    published.quantity,
    published.credits,
    coalesce(summed.events, 0) as events,
    coalesce(summed.quantity, 0) as quantity_of_events,
    billionths_as_decimal(half_even(
        cast(coalesce(summed.quantity, 0) as hugeint)
        * cast(coalesce(published.price, summed.price) * 1000000000 as hugeint),
        cast(coalesce(published.per, summed.per) as hugeint)
    )) as credits_of_events,
    summed.card_file,
    summed.card_line
from published
full join summed
    on summed.org_id = published.org_id
    and summed.dimensions is not distinct from published.dimensions
    and summed.billing_type = published.billing_type
    and summed.brand = published.brand
    and summed.model = published.model
    and summed.key_mode = published.key_mode
    and summed.rate_card = published.rate_card
    and summed.agreement is not distinct from published.agreement
    and summed.meter = published.meter
    and summed.price = published.price
