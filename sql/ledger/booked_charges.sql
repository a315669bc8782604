-- One row per charge or correction that is booked in these dates (`booked_on`), and per charge that
-- is overdrawn before them (null).
select
    usage_date as booked_on, org_id, usage_date as charge_date, dimensions, billing_type, brand,
    model, key_mode, meter, per, list_price, price, rate_card, agreement, credits
from charges_reported
where usage_date between $first and $last and credits <> 0
union all
select
    booked_on, org_id, usage_date as charge_date, dimensions, billing_type, brand,
    model, key_mode, meter, per, list_price, price, rate_card, agreement, credits
from corrections_booked
where booked_on between $first and $last and credits <> 0
union all
select
    null as booked_on, org_id, charge_date, dimensions, billing_type, brand, model, key_mode,
    meter, per, list_price, price, rate_card, agreement, credits
from owed_before
