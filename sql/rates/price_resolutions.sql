-- One row per ask: the card that prices it and the names it prints, or why there is no price.
with given as (
    select
        asks.ask,
        asks.rates_from,
        asks.service,
        asks.line_key_mode,
        names.brand_key,
        names.model_key,
        service_meters.place,
        service_meters.priced_as,
        whole_div(asks.line_measured, service_meters.weight) % 4 as code
    from asks
    inner join service_meters on service_meters.service = asks.service
    inner join names
        on names.service = asks.service
        and names.brand = asks.line_brand
        and names.model = asks.line_model
    where whole_div(asks.line_measured, service_meters.weight) % 4 > 0
),

ranked as (
    select
        given.*,
        max(code) over (partition by ask) as highest,
        row_number() over (partition by ask, code order by place nulls last) as nth
    from given
),

-- meters with a non-zero quantity, in order; all zero: the first that is not null
needed as (
    select * from ranked where code = 2 or (highest = 1 and nth = 1)
),

found as (
    select
        needed.ask,
        needed.place,
        prices.rate_card,
        prices.price_key,
        prices.is_alias,
        case
            when prices.rate_card is null then 'no_rate'
            when prices.price is null then 'not_offered'
        end as fault
    from needed
    left join prices
        on prices.service = needed.service
        and prices.brand_key = needed.brand_key
        and prices.model_key = needed.model_key
        and prices.key_mode = needed.line_key_mode
        and prices.meter = needed.priced_as
        and prices.valid_from <= needed.rates_from
        and prices.valid_to > needed.rates_from
),

judged as (
    select
        ask,
        arg_min(price_key, place) as price_key,
        coalesce(bool_or(is_alias), false) as by_alias,
        arg_min(fault, place) filter (where fault is not null) as fault
    from found
    group by ask
)

select
    asks.ask,
    asks.rates_from,
    asks.service,
    asks.line_brand,
    asks.line_model,
    asks.line_key_mode,
    asks.line_measured,
    judged.price_key,
    judged.by_alias,
    case
        when not exists (
            select 1
            from in_force
            where in_force.valid_from <= asks.rates_from and in_force.valid_to > asks.rates_from
        )
            then 'no_rate_card'
        else judged.fault
    end as reason
from asks
inner join judged on judged.ask = asks.ask
