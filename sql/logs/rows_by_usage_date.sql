-- One row per log and usage date: its rows.
select arrived.file, pieces.usage_date, count(*) as rows
from arrived
inner join pieces
    on utc_day(arrived.event_time) = pieces.utc_day
    and arrived.event_time >= pieces.span_from
    and arrived.event_time < pieces.span_to
where arrived.event_time <= $future_after
group by arrived.file, pieces.usage_date
