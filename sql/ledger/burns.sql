-- One row per date, charge and grant that it burned, net of what was given back.
select
    usage_date, org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
    list_price, price, rate_card, agreement, grant_id,
    -sum(credits) as credits,
    -sum(usd) as usd
from ledger
where entry in ('burned', 'repaid', 'restored')
group by
    usage_date, org_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per,
    list_price, price, rate_card, agreement, grant_id
having sum(credits) <> 0 or sum(usd) <> 0
