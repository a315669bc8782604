-- One row per logged name in quarantine and instant at which the prices of its rows begin to hold.
select distinct
    list_last(list_filter(
        (select list(rates_from order by rates_from) from boundaries),
        lambda rates_from: rates_from <= quarantine.event_time
    )) as rates_from,
    billing_types.service,
    priced_brand(billing_types.service, quarantine.brand) as line_brand,
    priced_model(billing_types.service, quarantine.model) as line_model
from quarantine
inner join billing_types on billing_types.billing_type = quarantine.billing_type
where quarantine.event_time >= (select min(rates_from) from boundaries)
