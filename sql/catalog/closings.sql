-- One row per act of closing or reopening dates.
select
    closing,
    act,
    act_date,
    closed_through,
    closed_by,
    cast(closed_at as timestamptz) as closed_at,
    reason
from given_closings
