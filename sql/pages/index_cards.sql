-- One row per rate card: how many prices it prints and when it is in force.
select
    rate_card,
    count(*) as prices,
    cast(min(valid_from) as varchar) as valid_from,
    case when bool_or(valid_to is null) then null else cast(max(valid_to) as varchar) end
        as valid_to
from rates
group by rate_card
order by valid_from desc, rate_card
