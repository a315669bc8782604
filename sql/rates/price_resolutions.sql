-- One row per requested price: what a charge by it names (`price_key`), or why there is no price.
with given as (
    select
        price_requests.request,
        price_requests.rates_from,
        price_requests.service,
        price_requests.line_key_mode,
        names.brand_key,
        names.model_key,
        service_meters.place,
        service_meters.priced_as,
        whole_div(price_requests.line_measured, service_meters.weight) % 4 as code
    from price_requests
    inner join service_meters on service_meters.service = price_requests.service
    inner join names
        on names.service = price_requests.service
        and names.brand = price_requests.line_brand
        and names.model = price_requests.line_model
    where whole_div(price_requests.line_measured, service_meters.weight) % 4 > 0
),

ranked as (
    select
        given.*,
        max(code) over (partition by request) as highest,
        row_number() over (partition by request, code order by place nulls last) as nth
    from given
),

-- meters with a non-zero quantity, in order; all zero: the first that is not null
needed as (
    select * from ranked where code = 2 or (highest = 1 and nth = 1)
),

found as (
    select
        needed.request,
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
        request,
        arg_min(price_key, place) as price_key,
        coalesce(bool_or(is_alias), false) as by_alias,
        arg_min(fault, place) filter (where fault is not null) as fault
    from found
    group by request
)

select
    price_requests.request,
    price_requests.rates_from,
    price_requests.service,
    price_requests.line_brand,
    price_requests.line_model,
    price_requests.line_key_mode,
    price_requests.line_measured,
    judged.price_key,
    judged.by_alias,
    case
        when not exists (
            select 1
            from in_force
            where
                in_force.valid_from <= price_requests.rates_from
                and in_force.valid_to > price_requests.rates_from
        )
            then 'no_rate_card'
        else judged.fault
    end as reason
from price_requests
inner join judged on judged.request = price_requests.request
