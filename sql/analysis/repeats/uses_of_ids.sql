-- One row per usage date, organization and id that may have been used on another date: the row that
-- counts, or the first one, and what it costs alone, each meter rounded half to even.
with costs as (
    select
        file,
        row_number,
        sum(half_even(
            cast(quantity as hugeint) * cast(price_billionths as hugeint), cast(per as hugeint)
        )) as credit_billionths
    from priced_events
    group by file, row_number
),

uses as (
    select
        outcomes.usage_date,
        outcomes.org_id,
        outcomes.event_id,
        outcomes.billing_type,
        outcomes.outcome,
        outcomes.file,
        outcomes.row_number,
        coalesce(costs.credit_billionths, 0) as credit_billionths,
        row_number() over (
            partition by outcomes.org_id, outcomes.event_id
            order by
                case when outcomes.outcome = 'rated' then 0 else 1 end,
                outcomes.file nulls last,
                outcomes.row_number nulls last
        ) as nth
    from outcomes
    left join costs on costs.file = outcomes.file and costs.row_number = outcomes.row_number
    where
        hash(outcomes.org_id, outcomes.event_id) in (select id_hash from ids_of_other_dates)
        and outcomes.outcome not in ('missing_event_id', 'missing_org_id')
)

select
    usage_date,
    org_id,
    event_id,
    billing_type,
    outcome,
    file,
    row_number,
    billionths_as_decimal(cast(credit_billionths as hugeint)) as credits
from uses
where nth = 1
