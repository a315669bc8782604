-- One row per grant that was opened: what is left of it and of its dollars, how much was granted
-- and how often, and where the rest went; of `grants_before` and the entries added to it.
with moves as (
    select
        grant_id, credits, usd, granted, burned, repaid, restored, voided, expired, openings
    from grants_before
    union all
    select
        grant_id, credits, usd,
        case when entry = 'granted' then credits else 0 end as granted,
        case when entry = 'burned' then -credits else 0 end as burned,
        case when entry = 'repaid' then -credits else 0 end as repaid,
        case when entry = 'restored' then credits else 0 end as restored,
        case when entry = 'voided' then -credits else 0 end as voided,
        case when entry = 'expired' then -credits else 0 end as expired,
        case when entry = 'granted' then 1 else 0 end as openings
    from added_entries
    where grant_id is not null
)

select
    grant_id,
    sum(credits) as credits,
    sum(usd) as usd,
    sum(granted) as granted,
    sum(burned) as burned,
    sum(repaid) as repaid,
    sum(restored) as restored,
    sum(voided) as voided,
    sum(expired) as expired,
    cast(sum(openings) as bigint) as openings
from moves
group by grant_id
