-- One row per usage date, logged name and line of names that led from it to a printed name; also
-- where that is not offered, since that too is an outcome which depends on the line.
with used as (
    select distinct usage_date, service, line_brand, line_model, name_lines
    from rated_lines
    where len(name_lines) > 0
)

select usage_date, unnest(name_lines) as name_line
from used
order by usage_date, service, line_brand, line_model, name_line
