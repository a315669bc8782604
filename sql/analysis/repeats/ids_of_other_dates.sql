-- One row per usage date and hash of an id that may have been used on another date, too, at most
-- `within` days away.
select usage_date, id_hash
from (
    select
        usage_date,
        id_hash,
        lag(usage_date) over (partition by id_hash order by usage_date) as before,
        lead(usage_date) over (partition by id_hash order by usage_date) as after
    from id_dates
) as uses
where usage_date - before <= $within or after - usage_date <= $within
