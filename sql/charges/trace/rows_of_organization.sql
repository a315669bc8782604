-- One row per event of one organization: every rule of a row, a copy or a snapshot stays within it.
-- Of a plain column, statistics of the log would be asked, which may be damaged.
select * from events where concat(org_id, '') = $org_id
