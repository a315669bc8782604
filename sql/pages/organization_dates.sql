-- One row per organization: the usage dates that its page shows, in order, and the logs that hold
-- rows of it of no usage date. A page goes back `$days` from its organization's newest date.
with seen as (
    select org_id, usage_date from daily_usage
    union
    select org_id, usage_date from corrections
    union
    select org_id, usage_date from quarantine
    where org_id is not null and not is_blank(org_id) and usage_date is not null
),

newest as (
    select org_id, max(usage_date) as last_date from seen group by org_id
),

dated as (
    select
        seen.org_id,
        list(seen.usage_date order by seen.usage_date) as usage_dates,
        count(*) filter (where seen.usage_date < newest.last_date - $days + 1) as older
    from seen
    inner join newest using (org_id)
    group by seen.org_id
),

undated as (
    select org_id, list(distinct file order by file) as files
    from quarantine
    where org_id is not null and not is_blank(org_id) and usage_date is null
    group by org_id
)

select
    coalesce(dated.org_id, undated.org_id) as org_id,
    coalesce(dated.usage_dates[dated.older + 1:], []) as usage_dates,
    coalesce(dated.older, 0) as older,
    coalesce(undated.files, []) as undated
from dated
full join undated on undated.org_id = dated.org_id
order by org_id
