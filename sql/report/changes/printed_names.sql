-- One row per side, service and name that its charges print.
select distinct printed.side, billing_types.service, printed.brand, printed.model
from (
    select 'old' as side, billing_type, brand, model from old_charges
    union all
    select 'new' as side, billing_type, brand, model from new_charges
) as printed
inner join billing_types on billing_types.billing_type = printed.billing_type
