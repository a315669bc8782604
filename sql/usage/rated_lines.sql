-- One row per line: the card that prices it and the names it prints, or why there is no price.
select
    lines.*,
    price_resolutions.price_key,
    price_resolutions.name_lines,
    price_resolutions.reason
from lines
inner join price_resolutions
    on price_resolutions.rates_from = lines.rates_from
    and price_resolutions.service = lines.service
    and price_resolutions.line_brand = lines.line_brand
    and price_resolutions.line_model = lines.line_model
    and price_resolutions.line_key_mode = lines.line_key_mode
    and price_resolutions.line_measured = lines.line_measured
