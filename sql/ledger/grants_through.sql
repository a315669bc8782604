-- One row per grant that was opened, as in `grants_before`, through the last of these dates.
with moves as (
    select grant_id, credits, usd, granted, openings
    from grants_before
    union all
    select
        grant_id, credits, usd,
        case when entry = 'granted' then credits else 0 end as granted,
        case when entry = 'granted' then 1 else 0 end as openings
    from ledger
    where grant_id is not null
)

select
    grant_id,
    sum(credits) as credits,
    sum(usd) as usd,
    sum(granted) as granted,
    cast(sum(openings) as bigint) as openings
from moves
group by grant_id
