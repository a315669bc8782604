-- One row per quantity of usage whose charges do not sum to it.
with quantities as (
    select
        usage_date, rate_card,
        unnest([
            'each_main_meter'
        ]) as meter,
        unnest([
            each_main_meter
        ]) as quantity
    from usage
),

used as (
    select usage_date, rate_card, meter, sum(quantity) as quantity
    from quantities
    where quantity <> 0
    group by usage_date, rate_card, meter
),

charged as (
    select usage_date, rate_card, plain_meter(meter) as meter, sum(quantity) as quantity
    from charges
    group by usage_date, rate_card, plain_meter(meter)
)

select
    coalesce(used.usage_date, charged.usage_date) as usage_date,
    concat(
        coalesce(used.meter, charged.meter), ' under ', coalesce(used.rate_card, charged.rate_card),
        ': ', coalesce(used.quantity, 0), ' used, ', coalesce(charged.quantity, 0), ' charged'
    ) as fault
from used
full join charged
    on charged.usage_date = used.usage_date
    and charged.rate_card = used.rate_card
    and charged.meter = used.meter
where used.quantity is distinct from charged.quantity
