-- One row per charge or correction of the period: without a ledger of credits no grant pays.
select
    usage_date, usage_date as billed_on, org_id, dimensions, billing_type, brand, model, key_mode,
    meter, quantity, per, list_price, price, credits, usd, rate_card, agreement,
    cast(null as integer) as correction, cast(null as integer) as corrects,
    cast(null as varchar) as reason, cast(null as varchar) as grant_id
from charges
union all
select
    usage_date, booked_on as billed_on, org_id, dimensions, billing_type, brand, model, key_mode,
    meter, quantity, per, list_price, price, credits, usd, rate_card, agreement,
    correction, corrects, reason, cast(null as varchar) as grant_id
from corrections
