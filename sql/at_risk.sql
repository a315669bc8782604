-- One row per usage date, organization, billing type, logged name, key mode, reason and meter of
-- usage without a price: its quantity, and the credits between the cheapest and the dearest price
-- of that service and key mode then.
with unpriced as (
    select
        usage_date, rates_from, org_id, billing_type, service, line_brand as brand,
        line_model as model, line_key_mode as key_mode, reason, meter, priced_as,
        sum(events) as events,
        sum(cast(quantity as decimal(38, 0))) as quantity
    from line_quantities
    where reason in ('no_rate', 'not_offered')
    group by
        usage_date, rates_from, org_id, billing_type, service, line_brand, line_model,
        line_key_mode, reason, meter, priced_as
),

instants as (
    select distinct rates_from, service, key_mode, priced_as
    from unpriced
),

bounds as (
    select
        instants.rates_from,
        instants.service,
        instants.key_mode,
        instants.priced_as,
        any_value(prices.per) as per,
        min(prices.price_billionths) as least,
        max(prices.price_billionths) as most
    from instants
    inner join prices
        on prices.service = instants.service
        and prices.key_mode = instants.key_mode
        and prices.meter = instants.priced_as
        and prices.valid_from <= instants.rates_from
        and prices.valid_to > instants.rates_from
    where prices.price is not null
    group by instants.rates_from, instants.service, instants.key_mode, instants.priced_as
)

select
    unpriced.usage_date,
    unpriced.org_id,
    unpriced.billing_type,
    unpriced.brand,
    unpriced.model,
    unpriced.key_mode,
    unpriced.reason,
    unpriced.meter,
    cast(sum(unpriced.events) as decimal(38, 0)) as events,
    cast(sum(unpriced.quantity) as decimal(38, 0)) as quantity,
    sum(billionths_as_decimal(half_even(
        cast(unpriced.quantity as hugeint) * cast(bounds.least as hugeint),
        cast(bounds.per as hugeint)
    ))) as least_credits,
    sum(billionths_as_decimal(half_even(
        cast(unpriced.quantity as hugeint) * cast(bounds.most as hugeint),
        cast(bounds.per as hugeint)
    ))) as most_credits
from unpriced
left join bounds
    on bounds.rates_from = unpriced.rates_from
    and bounds.service = unpriced.service
    and bounds.key_mode = unpriced.key_mode
    and bounds.priced_as = unpriced.priced_as
group by
    unpriced.usage_date, unpriced.org_id, unpriced.billing_type, unpriced.brand, unpriced.model,
    unpriced.key_mode, unpriced.reason, unpriced.meter
