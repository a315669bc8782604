-- One row per key of charges and its number.
select distinct
    key_id, charge_date, dimensions, billing_type, brand, model, key_mode, meter, per, list_price,
    price, rate_card, agreement
from numbered_charges
