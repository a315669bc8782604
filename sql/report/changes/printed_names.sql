-- One row per usage date, side, service and name that its charges print.
select distinct
    printed.usage_date,
    printed.side,
    billing_types.service,
    printed.brand,
    printed.model
from (
    select usage_date, 'old' as side, billing_type, brand, model from old_charges
    union all
    select usage_date, 'new' as side, billing_type, brand, model from new_charges
) as printed
inner join billing_types on billing_types.billing_type = printed.billing_type
