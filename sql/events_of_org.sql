-- One row per event of one organization: every rule of a row, a copy or a snapshot stays within it.
select * from events where org_id = $org_id
