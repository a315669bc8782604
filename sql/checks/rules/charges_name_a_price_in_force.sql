-- One row per charge whose price no card in force at some instant of its date prints.
select
    charges.usage_date,
    concat(
        charges.org_id, ' ', charges.model, ' ', charges.meter, ': ', charges.price, ' per ',
        charges.per, ' of card ', charges.rate_card
    ) as fault
from charges
where not exists (
    select 1
    from prices
    inner join billing_types on billing_types.service = prices.service
    inner join pieces
        on pieces.usage_date = charges.usage_date
        and pieces.rates_from >= prices.valid_from
        and pieces.rates_from < prices.valid_to
    where
        billing_types.billing_type = charges.billing_type
        and prices.rate_card = charges.rate_card
        and prices.brand = charges.brand
        and prices.model = charges.model
        and prices.key_mode = charges.key_mode
        and prices.meter = priced_as(charges.meter)
        and prices.per = charges.per
        and prices.list_price = charges.list_price
        and prices.price = charges.price
        and charges.agreement is null
)
and not exists (
    select 1
    from agreed_prices
    inner join billing_types on billing_types.service = agreed_prices.service
    inner join pieces
        on pieces.usage_date = charges.usage_date
        and pieces.rates_from >= agreed_prices.valid_from
        and pieces.rates_from < agreed_prices.valid_to
    where
        billing_types.billing_type = charges.billing_type
        and agreed_prices.agreement = charges.agreement
        and agreed_prices.org_id = charges.org_id
        and agreed_prices.rate_card = charges.rate_card
        and agreed_prices.brand = charges.brand
        and agreed_prices.model = charges.model
        and agreed_prices.key_mode = charges.key_mode
        and agreed_prices.meter = priced_as(charges.meter)
        and billionths_as_decimal(agreed_prices.price_billionths) = charges.price
)
