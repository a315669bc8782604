-- One row per usage date, organization and billing type, of the versions in force.
select * from stored
