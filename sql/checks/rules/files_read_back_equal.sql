-- One row per row of a date's CSV that is not, in the same place, the row of its Parquet. Both are
-- written in one total order, so rows that are equal stand side by side.
select
    coalesce(charges_parquet.usage_date, charges_csv.usage_date) as usage_date,
    concat(
        'charges: ', coalesce(charges_parquet.org_id, charges_csv.org_id), ' ',
        coalesce(charges_parquet.model, charges_csv.model), ' ',
        coalesce(charges_parquet.meter, charges_csv.meter)
    ) as fault
from charges_csv
positional join charges_parquet
where charges_csv is distinct from charges_parquet
union all
select
    coalesce(daily_usage_parquet.usage_date, daily_usage_csv.usage_date) as usage_date,
    concat(
        'daily_usage: ', coalesce(daily_usage_parquet.org_id, daily_usage_csv.org_id), ' ',
        coalesce(daily_usage_parquet.billing_type, daily_usage_csv.billing_type)
    ) as fault
from daily_usage_csv
positional join daily_usage_parquet
where daily_usage_csv is distinct from daily_usage_parquet
