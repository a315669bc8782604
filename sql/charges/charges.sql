-- One row per line of usage, meter with a non-zero quantity, and agreement: quantity x price / per,
-- rounded half to even to 9 decimals, once. Prices are counted in billionths: all is integers.
-- A token class that the card prints a price of is a meter of its own, and taken off its whole.
with metered as (
    select
        usage_line, usage_date, org_id, dimensions, billing_type, price_key, agreed_at, tier,
        unnest([
            'each_main_meter'
        ]) as main_meter,
        unnest([
            each_main_meter
        ]) as quantity
    from usage_sums
),

classes as (
    select
        usage_line, usage_date, org_id, dimensions, billing_type, price_key, agreed_at, tier,
        unnest([
            'each_part'
        ]) as part,
        unnest([
            each_part
        ]) as quantity
    from usage_sums
),

priced_classes as (
    select
        classes.*,
        whole_of_class(part) as main_meter,
        meter_of_class(part) || tier as meter
    from classes
    semi join prices
        on prices.price_key = classes.price_key
        and prices.meter = meter_of_class(classes.part) || classes.tier
    where classes.quantity <> 0
),

taken_off as (
    select usage_line, main_meter, sum(quantity) as quantity
    from priced_classes
    group by usage_line, main_meter
),

all_quantities as (
    select
        metered.* exclude (main_meter, quantity),
        metered.main_meter || metered.tier as meter,
        cast(metered.quantity - coalesce(taken_off.quantity, 0) as decimal(38, 0)) as quantity
    from metered
    left join taken_off
        on taken_off.usage_line = metered.usage_line and taken_off.main_meter = metered.main_meter
    union all
    select * exclude (part, main_meter, meter, quantity), meter, quantity
    from priced_classes
),

quantities as (
    select all_quantities.*, priced_as(meter) as priced_as
    from all_quantities
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
        price_key, meter, per, list_price, usd_billionths, price_billionths, rate_card, brand,
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
        usd_parts(credit_billionths, usd_billionths) as usd_parts,
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
