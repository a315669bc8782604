-- One row per logged name without a price: its rows, and when it was first used.
select
    billing_types.service,
    coalesce(quarantine.brand, '') as brand,
    coalesce(quarantine.model, '') as model,
    list(distinct quarantine.key_mode order by quarantine.key_mode) as key_modes,
    count(*) as rows,
    min(quarantine.event_time) as first_used
from quarantine
inner join billing_types on billing_types.billing_type = quarantine.billing_type
where quarantine.reason = 'no_rate'
group by billing_types.service, coalesce(quarantine.brand, ''), coalesce(quarantine.model, '')
order by rows desc, service, brand, model
