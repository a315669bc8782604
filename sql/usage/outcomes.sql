-- One row per suspect with its final outcome: a row that is left is rated unless its line has no
-- price.
select
    settled.* exclude (reason),
    coalesce(settled.reason, price_resolutions.reason, 'rated') as outcome
from settled
left join price_resolutions
    on price_resolutions.rates_from = settled.rates_from
    and price_resolutions.service = settled.service
    and price_resolutions.line_brand = settled.line_brand
    and price_resolutions.line_model = settled.line_model
    and price_resolutions.line_key_mode = settled.line_key_mode
    and price_resolutions.line_measured = settled.line_measured
    and settled.is_left
