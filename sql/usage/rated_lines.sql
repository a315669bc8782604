-- One row per line: the card that prices it and the names it prints, or why there is no price.
select
    lines.*,
    answers.price_key,
    answers.by_alias,
    answers.reason
from lines
inner join answers
    on answers.rates_from = lines.rates_from
    and answers.service = lines.service
    and answers.line_brand = lines.line_brand
    and answers.line_model = lines.line_model
    and answers.line_key_mode = lines.line_key_mode
    and answers.line_measured = lines.line_measured
