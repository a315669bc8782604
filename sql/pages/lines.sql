-- One row per organization: its lines (a charge's key without the date and the dimensions' own
-- rows), each with its charges by date, as JSON. Amounts are decimal text.
with kept as (
    select charges.*
    from charges
    inner join shown using (org_id)
    where charges.usage_date >= shown.first_date
),

lines as (
    select
        org_id, billing_type, brand, model, key_mode, dimensions, meter, per, list_price, price,
        rate_card, agreement,
        list(
            [
                cast(usage_date as varchar), cast(quantity as varchar),
                cast(credits as varchar), cast(usd as varchar)
            ]
            order by usage_date
        ) as days
    from kept
    group by
        org_id, billing_type, brand, model, key_mode, dimensions, meter, per, list_price, price,
        rate_card, agreement
)

select
    org_id,
    to_json(list(
        struct_pack(
            billing_type, brand, model, key_mode, dimensions, meter, per,
            list_price := cast(list_price as varchar),
            price := cast(price as varchar),
            rate_card, agreement, days
        )
        order by
            billing_type, brand, model, key_mode, meter, per, list_price, price, rate_card,
            agreement nulls first, dimensions
    )) as lines
from lines
group by org_id
