-- One row per row of the logs that falls on a usage date asked for, with its date and the instant
-- from which its prices are constant. A single piece needs no such join: see `usage.view_dated`.
select logged.*, pieces.usage_date, pieces.rates_from
from logged
inner join pieces
    on utc_day(logged.event_time) = pieces.utc_day
    and logged.event_time >= pieces.span_from
    and logged.event_time < pieces.span_to
