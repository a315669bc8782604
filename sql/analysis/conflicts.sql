-- One row per set of files whose rows conflict: the files, how many ids do, and one of these ids,
-- with the number of its copies and the first of them. A file has its number of rows that conflict
-- with the others of the set.
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
),

counts as (
    select
        copies.files,
        quarantine.file,
        quarantine.file_name,
        count(*) as conflicting
    from quarantine
    inner join copies using (org_id, event_id, usage_date)
    where quarantine.reason = 'conflicting_duplicate'
    group by copies.files, quarantine.file, quarantine.file_name
),

sets as (
    select
        files,
        list(
            struct_pack(file, file_name, conflicting)
            order by file, file_name
        ) as counted_files
    from counts
    group by files
)

select
    count(*) as ids,
    min_by(org_id, (usage_date, org_id, event_id)) as org_id,
    min_by(event_id, (usage_date, org_id, event_id)) as event_id,
    min_by(usage_date, (usage_date, org_id, event_id)) as usage_date,
    min_by(copies, (usage_date, org_id, event_id)) as copies,
    any_value(sets.counted_files) as files,
    min_by(places, (usage_date, org_id, event_id)) as places
from copies
inner join sets using (files)
group by copies.files
order by ids desc, copies.files
