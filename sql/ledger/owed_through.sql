-- One row per organization and charge that is overdrawn at the end of the last of these dates, like
-- `owed_before`.
with moves as (
    select
        org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement, credits
    from owed_before
    union all
    select
        org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement, -credits as credits
    from ledger
    where entry in ('uncovered', 'covered')
)

select
    org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per, list_price,
    price, rate_card, agreement,
    sum(credits) as credits
from moves
group by
    org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per, list_price,
    price, rate_card, agreement
having sum(credits) <> 0
