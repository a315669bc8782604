-- One row per requested price: what a charge by it names (`price_key`), or why there is no price.
with given as (
    select
        price_requests.request,
        price_requests.rates_from,
        price_requests.service,
        price_requests.line_key_mode,
        resolved_names.rate_card,
        resolved_names.brand_key,
        resolved_names.model_key,
        resolved_names.name_lines,
        service_meters.place,
        service_meters.priced_as || tier_suffix(price_requests.line_measured) as priced_as,
        whole_div(price_requests.line_measured, service_meters.weight) % 4 as code
    from price_requests
    inner join service_meters on service_meters.service = price_requests.service
    left join resolved_names
        on resolved_names.rates_from = price_requests.rates_from
        and resolved_names.service = price_requests.service
        and resolved_names.brand = price_requests.line_brand
        and resolved_names.model = price_requests.line_model
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
        needed.name_lines,
        case
            when prices.rate_card is null then 'no_rate'
            when prices.price is null then 'not_offered'
        end as fault
    from needed
    left join prices
        on prices.rate_card = needed.rate_card
        and prices.service = needed.service
        and prices.brand_key = needed.brand_key
        and prices.model_key = needed.model_key
        and prices.key_mode = needed.line_key_mode
        and prices.meter = needed.priced_as
),

judged as (
    select
        request,
        arg_min(price_key, place) as price_key,
        any_value(name_lines) filter (where price_key is not null) as name_lines,
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
    judged.name_lines,
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
