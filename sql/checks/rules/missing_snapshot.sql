-- One row per knowledge base that was stored the date before and has no snapshot on the date.
select
    cast(before.usage_date + interval 1 day as date) as usage_date,
    concat(
        before.org_id, ' ', coalesce(before.knowledge_base_id, '(null)'), ': ',
        before.stored_tokens, ' tokens the date before, ',
        coalesce(before.credits, cast(0 as decimal(38, 9))), ' credits at stake'
    ) as fault
from snapshots as before
where
    cast(before.usage_date + interval 1 day as date) in (select usage_date from checked)
    and not exists (
        select 1
        from snapshots as today
        where
            today.usage_date = before.usage_date + interval 1 day
            and today.org_id = before.org_id
            and today.knowledge_base_id is not distinct from before.knowledge_base_id
    )
