-- One row per charge that is not quantity x price / per, rounded half to even at 9 decimals.
-- Judged without dividing: what is off by less than half a billionth is right, and a half is
-- right where the last digit is even. So are its dollars, at 11 decimals.
with whole as (
    select
        charges.*,
        cast(replace(cast(charges.credits as varchar), '.', '') as hugeint) as billionths,
        cast(replace(cast(charges.price as varchar), '.', '') as hugeint) as price_billionths,
        cast(replace(cast(charges.usd as varchar), '.', '') as hugeint) as usd_parts,
        cast(in_force.usd_billionths as hugeint) as usd_billionths
    from charges
    inner join in_force on in_force.rate_card = charges.rate_card
),

distances as (
    select
        whole.*,
        2 * abs(billionths * per - cast(quantity as hugeint) * price_billionths) as twice_off,
        -- of whole parts of 10,000,000 nothing is rounded: what is left is small enough to multiply
        usd_parts - billionths // 10000000 * usd_billionths as usd_of_rest,
        billionths % 10000000 * usd_billionths as rest
    from whole
)

select
    usage_date,
    concat(
        org_id, ' ', billing_type, ' ', model, ' ', meter, ': ', quantity, ' x ', price, ' / ', per,
        ' is not ', credits, ' credits, ', usd, ' usd'
    ) as fault
from distances
where
    twice_off > per
    or (twice_off = per and billionths % 2 = 1)
    or usd_of_rest < 0
    or usd_of_rest > usd_billionths
    or 2 * abs(usd_of_rest * 10000000 - rest) > 10000000
    or (2 * abs(usd_of_rest * 10000000 - rest) = 10000000 and usd_parts % 2 = 1)
