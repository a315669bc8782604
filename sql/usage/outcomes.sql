-- One row per candidate row with its final outcome: a row that is left is rated unless its line has
-- no price.
select
    decided_rows.* exclude (reason),
    coalesce(decided_rows.reason, price_resolutions.reason, 'rated') as outcome
from decided_rows
left join price_resolutions
    on price_resolutions.rates_from = decided_rows.rates_from
    and price_resolutions.service = decided_rows.service
    and price_resolutions.line_brand = decided_rows.line_brand
    and price_resolutions.line_model = decided_rows.line_model
    and price_resolutions.line_key_mode = decided_rows.line_key_mode
    and price_resolutions.line_measured = decided_rows.line_measured
    and decided_rows.is_left
