-- One row per row that stands in a date's CSV but not in its Parquet, or the other way round.
select usage_date, concat('charges: ', org_id, ' ', model, ' ', meter) as fault
from (
    (select * from charges_csv except all select * from charges_parquet)
    union all
    (select * from charges_parquet except all select * from charges_csv)
) as differing_charges
union all
select usage_date, concat('daily_usage: ', org_id, ' ', billing_type) as fault
from (
    (select * from daily_usage_csv except all select * from daily_usage_parquet)
    union all
    (select * from daily_usage_parquet except all select * from daily_usage_csv)
) as differing_days
