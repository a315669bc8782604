-- One row per organization and charge that is overdrawn: what no grant covered; below 0 where more
-- was taken back than was booked. Of `owed_before` and the entries added to it.
with moves as (
    select
        org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement, credits
    from owed_before
    union all
    select
        org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement, -credits as credits
    from added_entries
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
