-- One row: how many usage dates of each period are published.
select
    count(*) filter (usage_date between $before_first and $before_last) as before_dates,
    count(*) filter (usage_date between $after_first and $after_last) as after_dates
from reports
where state = 'current'
