-- One row per rated event and meter with a non-zero quantity, with the line of the rate card that
-- prices it.
select
    priced_events.*,
    card_lines.card_file,
    card_lines.card_line,
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
