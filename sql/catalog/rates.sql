-- One row per price and the interval in which it is in force; names as the card prints them.
select
    book,
    rate_card,
    service,
    brand,
    model,
    key_mode,
    meter,
    list_price,
    price,
    per,
    valid_from,
    case when valid_to < timestamp '9999-12-31 00:00:00' then valid_to end as valid_to,
    published_at
from prices
