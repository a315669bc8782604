-- One row per usage date, organization, billing type, model, meter, card and agreement of own-key
-- usage: what it costs, and what the same usage would have cost on the platform's key.
with own as (
    select
        usage_date, org_id, billing_type, brand, model, meter, rate_card, list_price, price, per,
        agreement,
        sum(cast(quantity as decimal(38, 0))) as quantity,
        sum(credits) as credits
    from charges
    where key_mode = 'own'
    group by
        usage_date, org_id, billing_type, brand, model, meter, rate_card, list_price, price, per,
        agreement
)

select
    own.usage_date,
    own.org_id,
    own.billing_type,
    own.brand,
    own.model,
    own.meter,
    own.quantity,
    own.per,
    own.list_price,
    own.price,
    own_prices.price < own_prices.list_price as capped,
    own.credits,
    case
        when platform_prices.rate_card is null then 'no rate'
        when platform_prices.price is null then 'not offered'
        else 'offered'
    end as platform,
    platform_prices.price as platform_price,
    case
        when platform_prices.price is not null
            then billionths_as_decimal(half_even(
                cast(own.quantity as hugeint) * cast(platform_prices.price_billionths as hugeint),
                cast(platform_prices.per as hugeint)
            ))
    end as platform_credits,
    own.rate_card
from own
inner join billing_types on billing_types.billing_type = own.billing_type
inner join charge_meters
    on charge_meters.service = billing_types.service and charge_meters.meter = own.meter
inner join prices as own_prices
    on own_prices.rate_card = own.rate_card
    and own_prices.service = billing_types.service
    and own_prices.brand = own.brand
    and own_prices.model = own.model
    and own_prices.key_mode = 'own'
    and own_prices.meter = charge_meters.priced_as
left join prices as platform_prices
    on platform_prices.rate_card = own.rate_card
    and platform_prices.service = billing_types.service
    and platform_prices.brand = own.brand
    and platform_prices.model = own.model
    and platform_prices.key_mode = 'platform'
    and platform_prices.meter = charge_meters.priced_as
