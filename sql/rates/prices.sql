-- One row per price, name or alias, and the interval in which its card is in force. `price_key`
-- numbers what a charge names: card, service, printed brand and model, key mode.
select
    card_prices.*,
    dense_rank() over (
        order by
            card_prices.rate_card, card_prices.service, card_prices.brand, card_prices.model,
            card_prices.key_mode
    ) as price_key,
    in_force.book,
    in_force.usd_billionths,
    in_force.valid_from,
    in_force.valid_to,
    in_force.published_at
from card_prices
inner join in_force on in_force.rate_card = card_prices.rate_card
