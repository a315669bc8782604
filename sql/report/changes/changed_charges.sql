-- One row per charge that is not what it was: quantities and credits (in billionths) before and
-- after. `k_id` numbers date, organization, dimensions, name, key mode and meter; `g_id` goes by no
-- name.
-- To both, a token class and a tier are of their meter: a price of its own moves usage there.
with joined as (
    select
        coalesce(new_charges.usage_date, old_charges.usage_date) as usage_date,
        coalesce(new_charges.org_id, old_charges.org_id) as org_id,
        coalesce(new_charges.dimensions, old_charges.dimensions) as dimensions,
        coalesce(new_charges.billing_type, old_charges.billing_type) as billing_type,
        coalesce(new_charges.brand, old_charges.brand) as brand,
        coalesce(new_charges.model, old_charges.model) as model,
        coalesce(new_charges.key_mode, old_charges.key_mode) as key_mode,
        coalesce(new_charges.meter, old_charges.meter) as meter,
        coalesce(new_charges.per, old_charges.per) as per,
        coalesce(new_charges.list_price, old_charges.list_price) as list_price,
        coalesce(new_charges.price, old_charges.price) as price,
        coalesce(new_charges.rate_card, old_charges.rate_card) as rate_card,
        coalesce(new_charges.agreement, old_charges.agreement) as agreement,
        cast(coalesce(old_charges.quantity, 0) as hugeint) as old_quantity,
        cast(coalesce(new_charges.quantity, 0) as hugeint) as new_quantity,
        coalesce(old_charges.credits, 0) as old_credits,
        coalesce(new_charges.credits, 0) as new_credits
    from old_charges
    full outer join new_charges
        on new_charges.usage_date = old_charges.usage_date
        and new_charges.org_id = old_charges.org_id
        and new_charges.dimensions is not distinct from old_charges.dimensions
        and new_charges.billing_type = old_charges.billing_type
        and new_charges.brand = old_charges.brand
        and new_charges.model = old_charges.model
        and new_charges.key_mode = old_charges.key_mode
        and new_charges.meter = old_charges.meter
        and new_charges.rate_card = old_charges.rate_card
        and new_charges.agreement is not distinct from old_charges.agreement
        and new_charges.price = old_charges.price
        and new_charges.list_price = old_charges.list_price
        and new_charges.per = old_charges.per
)

select
    joined.*,
    row_number() over (
        order by
            usage_date, org_id, dimensions, billing_type, meter, brand, model, key_mode, rate_card,
            agreement nulls first, price, list_price, per
    ) as f_id,
    dense_rank() over (
        order by
            usage_date, org_id, dimensions, billing_type, plain_meter(meter), brand, model,
            key_mode
    ) as k_id,
    dense_rank() over (
        order by usage_date, org_id, dimensions, billing_type, plain_meter(meter)
    ) as g_id
from joined
where old_quantity <> new_quantity or old_credits <> new_credits
