-- One row per suspect with its final outcome: a row that is left is rated unless its line has no
-- price.
select
    settled.* exclude (reason),
    coalesce(settled.reason, answers.reason, 'rated') as outcome
from settled
left join answers
    on answers.rates_from = settled.rates_from
    and answers.service = settled.service
    and answers.line_brand = settled.line_brand
    and answers.line_model = settled.line_model
    and answers.line_key_mode = settled.line_key_mode
    and answers.line_measured = settled.line_measured
    and settled.is_left
