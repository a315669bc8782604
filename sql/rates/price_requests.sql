-- One row per price that lines ask for: all that it depends on whether a row has a price.
select
    row_number() over (
        order by
            rates_from nulls last,
            service nulls last,
            line_brand nulls last,
            line_model nulls last,
            line_key_mode nulls last,
            line_measured nulls last
    ) as request,
    rates_from,
    service,
    line_brand,
    line_model,
    line_key_mode,
    line_measured
from (
    select distinct rates_from, service, line_brand, line_model, line_key_mode, line_measured
    from line_keys
) as distinct_keys
