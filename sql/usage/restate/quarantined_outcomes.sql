-- One row per quarantined row, with its date again, as versions list them.
select events.*, quarantined.reason as outcome
from events
inner join quarantined
    on quarantined.file = events.file and quarantined.row_number = events.row_number
