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
        array_to_string(list_sort(list(
            '["' || usage_date || '","' || quantity || '","' || credits || '","' || usd || '"]'
        )), ',') as days
    from kept
    group by
        org_id, billing_type, brand, model, key_mode, dimensions, meter, per, list_price, price,
        rate_card, agreement
),

texts as (
    -- each by itself: the texts of many are joined faster than a list of many is made JSON, and
    -- dates and decimals are JSON as they are
    select
        org_id,
        cast(to_json(struct_pack(
            billing_type, brand, model, key_mode, meter, per,
            list_price := cast(list_price as varchar),
            price := cast(price as varchar),
            rate_card, agreement, dimensions
        )) as varchar) as line,
        days
    from lines
)

select
    org_id,
    '[' || array_to_string(list_sort(list(
        rtrim(line, '}') || ',"days":[' || days || ']}'
    )), ',') || ']' as lines
from texts
group by org_id
