-- One row per price, name or alias, and the interval in which its card is in force.
select
    card_prices.*,
    in_force.book,
    in_force.cents_per_credit,
    in_force.valid_from,
    in_force.valid_to,
    in_force.published_at
from card_prices
inner join in_force on in_force.rate_card = card_prices.rate_card
