-- One row per usage date, organization, billing type, logged name, key mode, reason and meter of
-- usage without a price: its quantity, and the credits between the cheapest and the dearest price
-- of that service and key mode then, agreed prices of the organization among them. Each charge that
-- it may become is rounded down for the least and up for the most, so that no price goes outside.
with unpriced as (
    select
        usage_date, rates_from, org_id, dimensions, billing_type, service, line_brand as brand,
        line_model as model, line_key_mode as key_mode, reason, meter, priced_as,
        sum(events) as events,
        cast(sum(cast(quantity as decimal(38, 0))) as decimal(38, 0)) as quantity
    from line_quantities
    where reason in ('no_rate', 'not_offered')
    group by
        usage_date, rates_from, org_id, dimensions, billing_type, service, line_brand, line_model,
        line_key_mode, reason, meter, priced_as
),

asked as (
    select distinct rates_from, org_id, service, key_mode, priced_as
    from unpriced
),

instants as (
    select distinct rates_from, service, key_mode, priced_as
    from asked
),

-- prices of different units are not compared here, what they charge is
card_bounds as (
    select
        instants.rates_from,
        instants.service,
        instants.key_mode,
        instants.priced_as,
        prices.per,
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
    group by
        instants.rates_from, instants.service, instants.key_mode, instants.priced_as, prices.per
),

agreed_bounds as (
    select
        asked.rates_from,
        asked.org_id,
        asked.service,
        asked.key_mode,
        asked.priced_as,
        prices.per,
        min(agreed_prices.price_billionths) as least,
        max(agreed_prices.price_billionths) as most
    from asked
    inner join agreed_prices
        on agreed_prices.org_id = asked.org_id
        and agreed_prices.service = asked.service
        and agreed_prices.key_mode = asked.key_mode
        and agreed_prices.meter = asked.priced_as
        and agreed_prices.valid_from <= asked.rates_from
        and agreed_prices.valid_to > asked.rates_from
    inner join prices
        on prices.price_key = agreed_prices.price_key
        and prices.meter = agreed_prices.meter
        and prices.valid_from <= asked.rates_from
        and prices.valid_to > asked.rates_from
    group by
        asked.rates_from, asked.org_id, asked.service, asked.key_mode, asked.priced_as, prices.per
),

bounds as (
    select
        asked.rates_from, asked.org_id, asked.service, asked.key_mode, asked.priced_as,
        card_bounds.per, card_bounds.least, card_bounds.most
    from asked
    inner join card_bounds
        on card_bounds.rates_from = asked.rates_from
        and card_bounds.service = asked.service
        and card_bounds.key_mode = asked.key_mode
        and card_bounds.priced_as = asked.priced_as
    union all
    select rates_from, org_id, service, key_mode, priced_as, per, least, most
    from agreed_bounds
),

charged as (
    select
        unpriced.usage_date,
        unpriced.org_id,
        unpriced.billing_type,
        unpriced.brand,
        unpriced.model,
        unpriced.key_mode,
        unpriced.reason,
        unpriced.meter,
        any_value(unpriced.events) as events,
        any_value(unpriced.quantity) as quantity,
        min(
            cast(unpriced.quantity as hugeint) * cast(bounds.least as hugeint)
            // cast(bounds.per as hugeint)
        ) as least,
        max((
            cast(unpriced.quantity as hugeint) * cast(bounds.most as hugeint)
            + cast(bounds.per as hugeint) - 1
        ) // cast(bounds.per as hugeint)) as most
    from unpriced
    left join bounds
        on bounds.rates_from = unpriced.rates_from
        and bounds.org_id = unpriced.org_id
        and bounds.service = unpriced.service
        and bounds.key_mode = unpriced.key_mode
        and bounds.priced_as = unpriced.priced_as
    group by
        unpriced.usage_date, unpriced.rates_from, unpriced.org_id, unpriced.dimensions,
        unpriced.billing_type, unpriced.brand, unpriced.model, unpriced.key_mode, unpriced.reason,
        unpriced.meter
)

select
    usage_date,
    org_id,
    billing_type,
    brand,
    model,
    key_mode,
    reason,
    meter,
    cast(sum(events) as decimal(38, 0)) as events,
    cast(sum(quantity) as decimal(38, 0)) as quantity,
    sum(billionths_as_decimal(least)) as least_credits,
    sum(billionths_as_decimal(most)) as most_credits
from charged
group by usage_date, org_id, billing_type, brand, model, key_mode, reason, meter
