-- One row per row that ended in quarantine.
select
    outcomes.* exclude (row_number, rows),
    coalesce(copies.row_number, outcomes.row_number) as row_number
from outcomes
left join quarantined_copies as copies
    on copies.file = outcomes.file and copies.first_row = outcomes.row_number
where is_quarantined(outcomes.outcome)
