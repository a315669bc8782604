-- One row per entry: an organization's on a date, in order.
select
    new_entries.usage_date, new_entries.org_id, new_entries.entry_number,
    new_entries.entry, new_entries.grant_id,
    charge_keys.charge_date, charge_keys.dimensions, charge_keys.billing_type, charge_keys.brand,
    charge_keys.model, charge_keys.key_mode, charge_keys.meter, charge_keys.per,
    charge_keys.list_price, charge_keys.price, charge_keys.rate_card, charge_keys.agreement,
    new_entries.credits, new_entries.usd
from new_entries
left join charge_keys using (key_id)
