-- One row per agreement and price that it is about: the agreed price, rounded half to even to 9
-- decimals, once, here, so that a charge still reads quantity x price / per. With an own key it is
-- the card's cap at most, whatever was agreed.
select
    agreements.agreement,
    agreements.org_id,
    agreements.specificity,
    agreements.valid_from,
    agreements.valid_to,
    prices.price_key,
    prices.rate_card,
    prices.service,
    prices.brand,
    prices.model,
    prices.key_mode,
    prices.meter,
    case
        when agreements.price_billionths > prices.cap_billionths then prices.cap_billionths
        else coalesce(
            agreements.price_billionths,
            half_even(
                cast(prices.price_billionths as hugeint)
                * (1000000000 - agreements.discount_billionths),
                1000000000
            )
        )
    end as price_billionths
from agreements
inner join prices
    on (agreements.service is null or agreements.service = prices.service)
    and (agreements.brand_key is null or agreements.brand_key = prices.brand_key)
    and (agreements.model_key is null or agreements.model_key = prices.model_key)
    and (
        agreements.key_mode is null
        or agreements.key_mode = prices.key_mode
        or prices.key_mode = 'any'
    )
    and (agreements.meter is null or agreements.meter = prices.meter)
where prices.price is not null
