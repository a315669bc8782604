-- One row per line of usage, meter with a non-zero quantity, and agreement: quantity x price / per,
-- rounded half to even to 9 decimals, once. Prices are counted in billionths: all is integers.
with agreed as (
    -- the most specific agreement at each instant that lines begin at
    select * exclude (nth)
    from (
        select
            instants.rates_from,
            agreed_prices.*,
            row_number() over (
                partition by
                    instants.rates_from, agreed_prices.org_id, agreed_prices.rate_card,
                    agreed_prices.service, agreed_prices.brand, agreed_prices.model,
                    agreed_prices.key_mode, agreed_prices.meter
                order by agreed_prices.specificity desc, agreed_prices.agreement
            ) as nth
        from (select distinct rates_from from lines) as instants
        inner join agreed_prices
            on agreed_prices.valid_from <= instants.rates_from
            and agreed_prices.valid_to > instants.rates_from
    ) as ranked
    where nth = 1
),

line_prices as (
    select
        line_quantities.*,
        agreed.agreement,
        agreed.price_billionths as agreed_billionths
    from line_quantities
    left join agreed
        on agreed.rates_from = line_quantities.rates_from
        and agreed.org_id = line_quantities.org_id
        and agreed.rate_card = line_quantities.rate_card
        and agreed.service = line_quantities.service
        and agreed.brand = line_quantities.brand
        and agreed.model = line_quantities.model
        and agreed.key_mode = line_quantities.line_key_mode
        and agreed.meter = line_quantities.priced_as
    where line_quantities.reason is null
),

quantities as (
    select
        usage_date, org_id, dimensions, billing_type, service, brand, model,
        line_key_mode as key_mode, rate_card, meter, priced_as, agreement, agreed_billionths,
        cast(sum(quantity) as decimal(38, 0)) as quantity
    from line_prices
    group by
        usage_date, org_id, dimensions, billing_type, service, brand, model, line_key_mode,
        rate_card, meter, priced_as, agreement, agreed_billionths
),

priced as (
    select
        quantities.*,
        prices.per,
        prices.list_price,
        prices.cents_per_credit,
        prices.price_billionths as card_billionths,
        coalesce(quantities.agreed_billionths, prices.price_billionths) as price_billionths
    from quantities
    inner join prices
        on prices.rate_card = quantities.rate_card
        and prices.service = quantities.service
        and prices.brand = quantities.brand
        and prices.model = quantities.model
        and prices.key_mode = quantities.key_mode
        and prices.meter = quantities.priced_as
        and not prices.is_alias
),

rounded as (
    select
        priced.*,
        half_even(
            cast(quantity as hugeint) * cast(price_billionths as hugeint), cast(per as hugeint)
        ) as credit_billionths,
        half_even(
            cast(quantity as hugeint) * cast(card_billionths as hugeint), cast(per as hugeint)
        ) as card_credit_billionths
    from priced
),

exact as (
    select
        rounded.*,
        -- cents x billionths: 2 + 9 decimals of a dollar
        credit_billionths * cast(cents_per_credit as hugeint) as usd_parts
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
    cast(usd_parts // 100000000000 as decimal(38, 11))
        + cast(usd_parts % 100000000000 as decimal(11, 0))
        * cast('0.00000000001' as decimal(11, 11)) as usd,
    rate_card,
    agreement,
    cast(
        billionths_as_decimal(card_credit_billionths) - billionths_as_decimal(credit_billionths)
        as decimal(38, 9)
    ) as discount
from exact
