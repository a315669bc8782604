-- One row per organization id, or value of a dimension of one, that looks like another, or has
-- characters that nobody sees.
select usage_date, fault
from deceiving_ids
