-- One row per past date without logs right before a date, after the first date that has any.
select checked.usage_date, concat(cast(gaps.usage_date as varchar), ' has no logs') as fault
from checked
inner join gaps on gaps.next_usage_date = checked.usage_date
