-- One row per set of files whose rows conflict: the files, how many ids do, and one of these ids,
-- with the number of its copies and the first of them.
with copies as (
    select
        org_id,
        event_id,
        usage_date,
        count(*) as copies,
        list(
            distinct struct_pack(file, file_name)
            order by struct_pack(file, file_name)
        ) as files,
        min(struct_pack(file, row_number, file_name), $shown) as places
    from quarantine
    where reason = 'conflicting_duplicate'
    group by org_id, event_id, usage_date
)

select
    count(*) as ids,
    min_by(org_id, (usage_date, org_id, event_id)) as org_id,
    min_by(event_id, (usage_date, org_id, event_id)) as event_id,
    min_by(usage_date, (usage_date, org_id, event_id)) as usage_date,
    min_by(copies, (usage_date, org_id, event_id)) as copies,
    files,
    min_by(places, (usage_date, org_id, event_id)) as places
from copies
group by files
order by ids desc, files
