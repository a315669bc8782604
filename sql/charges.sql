-- One row per line of usage and meter with a non-zero quantity: quantity x price / per, rounded
-- half to even to 9 decimals, once. Prices are counted in billionths, so all of it is integers.
with quantities as (
    select
        usage_date, org_id, dimensions, billing_type, brand, model, key_mode, rate_card,
        unnest([
            'input_tokens', 'output_tokens', 'image_tokens', 'audio_ms', 'characters', 'requests',
            'stored_tokens'
        ]) as meter,
        unnest([
            input_tokens, output_tokens, image_tokens, audio_ms, characters, requests,
            stored_tokens
        ]) as quantity
    from usage
),

priced as (
    select
        quantities.*,
        prices.per,
        prices.list_price,
        prices.price,
        cast(prices.cents_per_credit as hugeint) as cents_per_credit,
        cast(quantities.quantity as hugeint) * prices.price_billionths as billionths,
        cast(prices.per as hugeint) as divisor
    from quantities
    inner join billing_types on billing_types.billing_type = quantities.billing_type
    inner join service_meters
        on service_meters.service = billing_types.service
        and service_meters.meter = quantities.meter
    inner join prices
        on prices.rate_card = quantities.rate_card
        and prices.service = billing_types.service
        and prices.brand = quantities.brand
        and prices.model = quantities.model
        and prices.key_mode = quantities.key_mode
        and prices.meter = service_meters.priced_as
        and not prices.is_alias
    where quantities.quantity <> 0
),

divided as (
    select
        priced.*,
        billionths // divisor as quotient,
        2 * (billionths % divisor) as twice_the_rest
    from priced
),

rounded as (
    select
        divided.*,
        quotient + case
            when twice_the_rest > divisor then 1
            when twice_the_rest = divisor and quotient % 2 = 1 then 1
            else 0
        end as credit_billionths
    from divided
),

exact as (
    select
        rounded.*,
        -- cents x billionths: 2 + 9 decimals of a dollar
        credit_billionths * cents_per_credit as usd_parts,
        cast(credit_billionths // 1000000000 as decimal(38, 9))
            + cast(credit_billionths % 1000000000 as decimal(9, 0))
            * cast('0.000000001' as decimal(9, 9)) as credits
    from rounded
)

select
    usage_date,
    org_id,
    dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    meter,
    quantity,
    per,
    list_price,
    price,
    credits,
    cast(usd_parts // 100000000000 as decimal(38, 11))
        + cast(usd_parts % 100000000000 as decimal(11, 0))
        * cast('0.00000000001' as decimal(11, 11)) as usd,
    rate_card
from exact
