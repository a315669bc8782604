-- One row per organization: a number that is another where any row that its page shows is. Sums and
-- corrections are shown of all dates, whatever their own.
with hashed as (
    select org_id, usage_date, hash(charges) as hashed from charges
    union all
    select org_id, usage_date, hash(usage) as hashed from usage
    union all
    select org_id, null as usage_date, hash(daily_usage) as hashed from daily_usage
    union all
    select org_id, null as usage_date, hash(corrections) as hashed from corrections
    union all
    select org_id, usage_date, hash(quarantine) as hashed from quarantine
    union all
    select org_id, usage_date, hash(own_key) as hashed from own_key
    union all
    select org_id, usage_date, hash(at_risk) as hashed from at_risk
)

select shown.org_id, cast(sum(hashed.hashed) as varchar) as content
from hashed
inner join shown using (org_id)
where hashed.usage_date >= shown.first_date or hashed.usage_date is null
group by shown.org_id
