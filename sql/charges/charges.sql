-- One row per line of usage, meter with a non-zero quantity, and agreement: quantity x price / per,
-- rounded half to even to 9 decimals, once. Prices are counted in billionths: all is integers.
with metered as (
    select
        usage_date, org_id, dimensions, billing_type, price_key, agreed_at,
        unnest([
            'each_meter'
        ]) as meter,
        unnest([
            each_meter
        ]) as quantity
    from usage_sums
),

quantities as (
    select metered.*, priced_as(meter) as priced_as
    from metered
    where quantity <> 0
),

-- lines of one agreement are summed before they are priced: rounded once
with_agreement as (
    select
        quantities.usage_date,
        quantities.org_id,
        quantities.dimensions,
        quantities.billing_type,
        quantities.price_key,
        quantities.meter,
        quantities.priced_as,
        agreed.agreement,
        agreed.price_billionths as agreed_billionths,
        cast(sum(quantities.quantity) as decimal(38, 0)) as quantity
    from quantities
    left join agreed
        on agreed.agreed_at = quantities.agreed_at
        and agreed.org_id = quantities.org_id
        and agreed.price_key = quantities.price_key
        and agreed.meter = quantities.priced_as
    where quantities.agreed_at is not null
    group by
        quantities.usage_date, quantities.org_id, quantities.dimensions, quantities.billing_type,
        quantities.price_key, quantities.meter, quantities.priced_as, agreed.agreement,
        agreed.price_billionths
),

to_price as (
    select * from with_agreement
    union all
    select
        usage_date, org_id, dimensions, billing_type, price_key, meter, priced_as,
        null as agreement, null as agreed_billionths, quantity
    from quantities
    where agreed_at is null
),

-- a card's prices, once per key and meter
key_prices as (
    select
        price_key, meter, per, list_price, cents_per_credit, price_billionths, rate_card, brand,
        model, key_mode
    from prices
),

priced as (
    select
        to_price.*,
        key_prices.* exclude (price_key, meter, price_billionths),
        key_prices.price_billionths as card_billionths,
        coalesce(to_price.agreed_billionths, key_prices.price_billionths) as price_billionths
    from to_price
    inner join key_prices
        on key_prices.price_key = to_price.price_key and key_prices.meter = to_price.priced_as
),

rounded as (
    select
        priced.*,
        half_even(
            cast(quantity as hugeint) * cast(price_billionths as hugeint), cast(per as hugeint)
        ) as credit_billionths
    from priced
),

exact as (
    select
        rounded.*,
        -- cents x billionths: 2 + 9 decimals of a dollar
        credit_billionths * cast(cents_per_credit as hugeint) as usd_parts,
        case
            when agreement is null then 0
            else half_even(
                cast(quantity as hugeint) * cast(card_billionths as hugeint), cast(per as hugeint)
            ) - credit_billionths
        end as discount_billionths
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
    billionths_as_decimal(price_billionths) as price,
    billionths_as_decimal(credit_billionths) as credits,
    usd_parts_as_decimal(usd_parts) as usd,
    rate_card,
    agreement,
    cast(billionths_as_decimal(discount_billionths) as decimal(38, 9)) as discount
from exact
