-- One row per usage date that breaks a team's own rule: how many faults, and the first of them.
select
    usage_date,
    count(*) as faults,
    array_slice(
        list(left(coalesce(fault, '(null)'), 500) order by fault), 1, 5
    ) as examples
from faults_of_own_rule
group by usage_date
