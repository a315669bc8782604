-- One row per usage date and quarantine reason: rows, an example, and the credits at risk where a
-- price can be named, cut to 9 decimals per row and meter. Rows are read in passing, however many.
with quantities as (
    select
        quarantine.usage_date,
        quarantine.reason,
        list_last(list_filter(
            (select list(rates_from order by rates_from) from boundaries),
            lambda rates_from: rates_from <= quarantine.event_time
        )) as rates_from,
        billing_types.service,
        priced_brand(billing_types.service, quarantine.brand) as name_brand,
        priced_model(billing_types.service, quarantine.model) as name_model,
        priced_key_mode(billing_types.reads_key_mode, quarantine.key_mode) as price_key_mode,
        unnest([
            'each_main_quantity'
        ]) as meter,
        unnest([
            each_main_quantity
        ]) as quantity
    from quarantine
    inner join billing_types on billing_types.billing_type = quarantine.billing_type
),

credits_at_risk as (
    select
        quantities.usage_date,
        quantities.reason,
        sum(
            cast(quantities.quantity as hugeint) * prices.price_billionths // prices.per
        ) as billionths
    from quantities
    inner join resolved_names
        on resolved_names.rates_from = quantities.rates_from
        and resolved_names.service = quantities.service
        and resolved_names.brand = quantities.name_brand
        and resolved_names.model = quantities.name_model
    inner join prices
        on prices.rate_card = resolved_names.rate_card
        and prices.service = quantities.service
        and prices.brand_key = resolved_names.brand_key
        and prices.model_key = resolved_names.model_key
        and prices.key_mode = quantities.price_key_mode
        and prices.meter = quantities.meter
    where is_counted(quantities.quantity) and prices.price is not null
    group by quantities.usage_date, quantities.reason
),

reasons as (
    select
        usage_date,
        reason,
        count(*) as rows,
        arg_min(file_name, (file_name, row_number)) as file_name,
        arg_min(row_number, (file_name, row_number)) as row_number,
        arg_min(
            concat_ws(
                ' · ',
                coalesce(event_id, '(no event_id)'),
                coalesce(org_id, '(no org_id)'),
                coalesce(billing_type, '(no billing_type)'),
                brand,
                model,
                coalesce(key_mode, '(no key_mode)'),
                case
                    when event_time_raw is not null
                        then 'event_time ' || cast(event_time_raw as varchar)
                    when event_time is null then '(no event_time)'
                end
            ),
            (file_name, row_number)
        ) as example
    from quarantine
    group by usage_date, reason
)

select
    reasons.usage_date,
    reasons.reason,
    reasons.rows,
    cast(credits_at_risk.billionths // 1000000000 as decimal(38, 9))
        + cast(credits_at_risk.billionths % 1000000000 as decimal(9, 0))
        * cast('0.000000001' as decimal(9, 9)) as credits_at_stake,
    reasons.file_name,
    reasons.row_number,
    reasons.example
from reasons
left join credits_at_risk
    on credits_at_risk.usage_date is not distinct from reasons.usage_date
    and credits_at_risk.reason = reasons.reason
