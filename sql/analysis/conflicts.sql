-- One row per set of files whose rows conflict: how many ids do, and one of them with its copies.
with copies as (
    select
        org_id,
        event_id,
        usage_date,
        list(distinct file order by file) as files,
        list(
            struct_pack(file, file_name, row_number) order by file, row_number
        ) as places
    from quarantine
    where reason = 'conflicting_duplicate'
    group by org_id, event_id, usage_date
)

select
    count(*) as ids,
    min_by(org_id, (usage_date, org_id, event_id)) as org_id,
    min_by(event_id, (usage_date, org_id, event_id)) as event_id,
    min_by(usage_date, (usage_date, org_id, event_id)) as usage_date,
    min_by(places, (usage_date, org_id, event_id)) as places
from copies
group by files
order by ids desc, files
