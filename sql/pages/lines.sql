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
        list_sort(list([
            cast(usage_date as varchar), cast(quantity as varchar),
            cast(credits as varchar), cast(usd as varchar)
        ])) as days
    from kept
    group by
        org_id, billing_type, brand, model, key_mode, dimensions, meter, per, list_price, price,
        rate_card, agreement
),

texts as (
    -- each by itself: the texts of many are joined faster than a list of many is made JSON
    select
        org_id,
        cast(to_json(struct_pack(
            billing_type, brand, model, key_mode, meter, per,
            list_price := cast(list_price as varchar),
            price := cast(price as varchar),
            rate_card, agreement, dimensions, days
        )) as varchar) as line
    from lines
)

select
    org_id,
    '[' || string_agg(line, ',' order by line) || ']' as lines
from texts
group by org_id
