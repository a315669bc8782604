-- One row per usage date and quarantine reason: rows, an example, and the credits at stake where a
-- price can be named, cut to 9 decimals per row and meter.
with numbered as (
    select
        quarantine.*,
        row_number() over () as id,
        billing_types.service,
        coalesce(billing_types.reads_key_mode, false) as reads_key_mode
    from quarantine
    left join billing_types on billing_types.billing_type = quarantine.billing_type
),

quantities as (
    select
        id,
        rates_from,
        service,
        priced_brand(service, brand) as name_brand,
        priced_model(service, model) as name_model,
        priced_key_mode(reads_key_mode, key_mode) as price_key_mode,
        unnest([
            'each_main_quantity'
        ]) as meter,
        unnest([
            each_main_quantity
        ]) as quantity
    from numbered
    asof left join boundaries on boundaries.rates_from <= numbered.event_time
),

priced as (
    select
        quantities.id,
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
    group by quantities.id
)

select
    numbered.usage_date,
    numbered.reason,
    count(*) as rows,
    cast(sum(priced.billionths) // 1000000000 as decimal(38, 9))
        + cast(sum(priced.billionths) % 1000000000 as decimal(9, 0))
        * cast('0.000000001' as decimal(9, 9)) as credits_at_stake,
    arg_min(numbered.file_name, (numbered.file_name, numbered.row_number)) as file_name,
    arg_min(numbered.row_number, (numbered.file_name, numbered.row_number)) as row_number,
    arg_min(
        concat_ws(
            ' · ',
            coalesce(numbered.event_id, '(no event_id)'),
            coalesce(numbered.org_id, '(no org_id)'),
            coalesce(numbered.billing_type, '(no billing_type)'),
            numbered.brand,
            numbered.model,
            coalesce(numbered.key_mode, '(no key_mode)'),
            case
                when numbered.event_time_raw is not null
                    then 'event_time ' || cast(numbered.event_time_raw as varchar)
                when numbered.event_time is null then '(no event_time)'
            end
        ),
        (numbered.file_name, numbered.row_number)
    ) as example
from numbered
left join priced on priced.id = numbered.id
group by numbered.usage_date, numbered.reason
