-- One row per name that a card prints, folded, and the interval in which the card is in force.
select distinct book, rate_card, service, brand_key, model_key, valid_from, valid_to
from prices
