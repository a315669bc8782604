-- One row per grant of which less than nothing, or more than was granted, is left.
select grant_id, sum(credits) as left_over
from ledger_through
where grant_id is not null
group by grant_id
having
    sum(credits) < 0
    or sum(credits) > sum(credits) filter (where entry = 'granted')
    or count(*) filter (where entry = 'granted') <> 1
