-- One row per kind of line of the unit's logs, under the columns of a rollup: all that the rules of
-- a single row and its price depend on. Of the organization that is whether it is blank.
select distinct
    usage_date,
    rates_from,
    case when not org_is_blank(org_id) then '-' end as org_id,
    null as dimensions,
    billing_type,
    brand,
    model,
    key_mode,
    measured,
    cast(null as bigint) as events,
    cast(null as decimal(38, 0)) as each_meter
from unit_rollups
