-- One row per usage date and file: its rows on the date and the sums of their quantities.
select
    usage_date,
    file,
    rows,
    each_meter
from unit_totals
