-- One row per name that a card in force holds, printed or by an alias, and the interval: every name
-- that a second book may not hold then.
select
    book,
    rate_card,
    service,
    brand_key,
    model_key,
    any_value(model) as model,
    is_alias,
    valid_from,
    valid_to
from prices
group by book, rate_card, service, brand_key, model_key, is_alias, valid_from, valid_to
order by book, rate_card, service, brand_key, model_key, is_alias, valid_from, valid_to
