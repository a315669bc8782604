-- One row per `price_key`: what it stands for.
select distinct price_key, rate_card, service, brand, model, key_mode
from prices
