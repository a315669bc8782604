-- One row per usage date with a row that has a token class or a tier.
select distinct usage_date
from classified_rollups
where has_classes(measured)
