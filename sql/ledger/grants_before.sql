-- One row per grant that was opened before these dates: what is left of it and of its dollars, how
-- much was granted, and how often.
select
    grant_id,
    sum(credits) as credits,
    sum(usd) as usd,
    coalesce(sum(credits) filter (where entry = 'granted'), 0) as granted,
    count(*) filter (where entry = 'granted') as openings
from ledger_before
where grant_id is not null
group by grant_id
