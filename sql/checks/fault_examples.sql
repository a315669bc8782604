-- One row per usage date that breaks a rule: how many faults, and the first of them.
select
    usage_date,
    count(*) as faults,
    array_slice(list(fault order by fault), 1, 5) as examples
from faults_of_rule
group by usage_date
