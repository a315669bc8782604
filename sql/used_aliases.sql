-- One row per usage date and logged name that an alias stands for.
select distinct usage_date, service, line_brand, line_model
from rated_lines
where by_alias and reason is null
order by usage_date, service, line_brand, line_model
