-- One row per rated event and meter with a non-zero quantity, with the line of the rate card that
-- prices it, and the lines of names that led there (null where the card prints the logged name).
with lists as (
    select distinct name_lines from priced_events
),

numbers as (
    select
        name_lines,
        unnest(name_lines) as line
    from lists
),

named as (
    select
        numbers.name_lines,
        string_agg(line_places.place, ', ' order by line_places.place) as named_by
    from numbers
    inner join line_places on line_places.line = numbers.line
    group by numbers.name_lines
)

select
    priced_events.* exclude (name_lines),
    card_lines.card_file,
    card_lines.card_line,
    named.named_by,
    file_names.file_name
from priced_events
inner join card_lines
    on card_lines.rate_card = priced_events.rate_card
    and card_lines.service = priced_events.service
    and card_lines.brand = priced_events.brand
    and card_lines.model = priced_events.model
    and card_lines.key_mode = priced_events.key_mode
    and card_lines.meter = priced_events.priced_as
inner join file_names on file_names.file = priced_events.file
left join named on named.name_lines = priced_events.name_lines
