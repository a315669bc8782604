-- One row per act of closing or reopening dates, newest first.
select
    closing,
    act,
    act_date,
    closed_through,
    closed_by,
    cast(closed_at as varchar) as closed_at,
    reason
from closings
order by closing desc
