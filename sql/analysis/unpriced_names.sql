-- One row per logged name without a price: its rows, when it was used, and in which key modes.
with named as (
    select
        billing_types.service,
        priced_brand(billing_types.service, quarantine.brand) as brand,
        priced_model(billing_types.service, quarantine.model) as model,
        quarantine.key_mode,
        quarantine.event_time
    from quarantine
    inner join billing_types on billing_types.billing_type = quarantine.billing_type
    where quarantine.reason = 'no_rate'
)

select
    service,
    brand,
    model,
    list(distinct key_mode order by key_mode) filter (where key_mode is not null) as key_modes,
    count(*) as rows,
    min(event_time) as first_used,
    max(event_time) as last_used
from named
group by service, brand, model
order by "rows" desc, service, brand, model
