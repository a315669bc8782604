-- One row per line without a price and meter with a non-zero quantity, and what that is priced as.
select
    unpivoted.*,
    service_meters.priced_as
from (
    select
        rated_lines.* exclude (
            each_meter
        ),
        unnest([
            'each_main_meter'
        ]) as meter,
        unnest([
            each_main_meter
        ]) as quantity
    from rated_lines
    where reason is not null
) as unpivoted
inner join service_meters
    on service_meters.service = unpivoted.service
    and service_meters.meter = unpivoted.meter
where unpivoted.quantity <> 0
