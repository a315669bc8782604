-- One row per row of the unit's logs, with the place of its log. A single log needs no such join.
select events.*, unit_logs.log_no
from events
inner join unit_logs on unit_logs.file = events.file
