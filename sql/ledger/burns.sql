-- One row per date, charge and grant that it burned, net of what was given back.
with net as (
    select usage_date, org_id, key_id, grant_id, -sum(credits) as credits, -sum(usd) as usd
    from new_entries
    where entry in ('burned', 'repaid', 'restored')
    group by usage_date, org_id, key_id, grant_id
    having sum(credits) <> 0 or sum(usd) <> 0
)

select
    net.usage_date, net.org_id, charge_keys.charge_date, charge_keys.dimensions,
    charge_keys.billing_type, charge_keys.brand, charge_keys.model, charge_keys.key_mode,
    charge_keys.meter, charge_keys.per, charge_keys.list_price, charge_keys.price,
    charge_keys.rate_card, charge_keys.agreement, net.grant_id, net.credits, net.usd
from net
inner join charge_keys using (key_id)
