-- One row per organization and charge that is overdrawn at the end of the date before: what no
-- grant covered; below 0 where more was taken back than was booked.
select
    org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per, list_price,
    price, rate_card, agreement,
    -sum(credits) as credits
from ledger_before
where entry in ('uncovered', 'covered')
group by
    org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per, list_price,
    price, rate_card, agreement
having sum(credits) <> 0
