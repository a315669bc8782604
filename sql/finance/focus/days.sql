-- One row per date whose beginning or end FOCUS rows name.
select usage_date as day from focus_amounts
union
select usage_date as day from ledger_through where usage_date >= $first
union
select usage_date as day from known_voids where usage_date >= $first
union
select unnest([effective_date, coalesce(expires_date, effective_date + 1)]) as day
from known_grants
where effective_date >= $first
union
select usage_date + 1 as day from known_voids where usage_date >= $first
