-- One row per usage date and file: its rows on the date, as the engine read them.
select usage_date, file, count(*) as rows
from events
group by usage_date, file
