-- One row per key of charges, in the order in which burns of a date and organization are shown.
select key_id
from charge_keys
order by
    charge_date, dimensions, billing_type, brand, model, key_mode, meter, per, list_price, price,
    rate_card, agreement
