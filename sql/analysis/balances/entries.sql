-- One row per entry of an organization's ledger, oldest first.
select
    usage_date, entry, grant_id, charge_date, billing_type, brand, model, meter, credits, usd
from ledger
where
    org_id = $org
    and ($first is null or usage_date >= $first)
    and ($last is null or usage_date <= $last)
order by usage_date, entry_number
