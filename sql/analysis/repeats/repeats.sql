-- One row per use of an id that the organization had used before, at most `within` days earlier.
with uses as (
    select
        *,
        lag(usage_date) over use_before as first_date,
        lag(file) over use_before as first_file,
        lag(row_number) over use_before as first_row,
        lag(outcome) over use_before as first_outcome
    from uses_of_ids
    window use_before as (partition by org_id, event_id order by usage_date)
)

select
    uses.org_id,
    uses.event_id,
    uses.billing_type,
    uses.first_date,
    first_names.file_name as first_file_name,
    uses.first_file,
    uses.first_row,
    uses.first_outcome,
    uses.usage_date,
    names.file_name,
    uses.file,
    uses.row_number,
    uses.outcome,
    case when uses.first_outcome = 'rated' then uses.credits else 0 end as credits_at_stake
from uses
inner join file_names as names on names.file = uses.file
inner join file_names as first_names on first_names.file = uses.first_file
where
    uses.usage_date - uses.first_date <= $within
    and ($first is null or uses.usage_date >= $first)
    and ($last is null or uses.usage_date <= $last)
