-- One row per rate line of two periods (every column of charges but its date, prices and amounts)
-- and price: quantity and credits of the charges in each.
select
    * exclude (
        usage_date, quantity, per, list_price, price, credits, usd, rate_card, agreement, discount
    ),
    per,
    price,
    sum(quantity) filter (usage_date between $before_first and $before_last) as before_quantity,
    sum(credits) filter (usage_date between $before_first and $before_last) as before_credits,
    sum(quantity) filter (usage_date between $after_first and $after_last) as after_quantity,
    sum(credits) filter (usage_date between $after_first and $after_last) as after_credits
from charges
where
    usage_date between $before_first and $before_last
    or usage_date between $after_first and $after_last
group by all
