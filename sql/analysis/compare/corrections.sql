-- One row per rate line of corrections of two periods' usage dates: credits booked for each.
select
    * exclude (
        booked_on, usage_date, quantity, per, list_price, price, credits, usd, rate_card, agreement,
        discount, reason, corrects, correction
    ),
    sum(credits) filter (usage_date between $before_first and $before_last) as before_credits,
    sum(credits) filter (usage_date between $after_first and $after_last) as after_credits
from corrections
where
    usage_date between $before_first and $before_last
    or usage_date between $after_first and $after_last
group by all
