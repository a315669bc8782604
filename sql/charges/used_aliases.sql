-- One row per usage date and logged name that an alias stands for; also where what it stands for is
-- not offered, since that too is an outcome which depends on the alias.
select distinct usage_date, service, line_brand, line_model
from rated_lines
where by_alias
order by usage_date, service, line_brand, line_model
