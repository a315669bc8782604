-- One row per file, or date, whose rows in are not the sum of its outcomes.
select
    coalesce(received.usage_date, counted.usage_date) as usage_date,
    concat(
        'file ', coalesce(received.file, counted.file), ': ', coalesce(received.rows, 0),
        ' rows in, ', coalesce(counted.rows, 0), ' with an outcome'
    ) as fault
from received
full join (
    select usage_date, file, sum(rows) as rows
    from account
    group by usage_date, file
) as counted
    on counted.usage_date = received.usage_date and counted.file = received.file
where received.rows is distinct from counted.rows
union all
select
    coalesce(rated.usage_date, used.usage_date) as usage_date,
    concat(
        coalesce(rated.rows, 0), ' rows rated, ', coalesce(used.events, 0), ' events in usage'
    ) as fault
from (
    select usage_date, sum(rows) as rows
    from account
    where outcome = 'rated'
    group by usage_date
) as rated
full join (
    select usage_date, sum(events) as events
    from usage
    group by usage_date
) as used
    on used.usage_date = rated.usage_date
where rated.rows is distinct from used.events
union all
select
    coalesce(listed.usage_date, counted.usage_date) as usage_date,
    concat(
        coalesce(counted.outcome, listed.reason), ': ', coalesce(counted.rows, 0),
        ' rows in the account, ', coalesce(listed.rows, 0), ' in quarantine'
    ) as fault
from (
    select usage_date, file, reason, count(*) as rows
    from quarantine
    group by usage_date, file, reason
) as listed
full join (
    select usage_date, file, outcome, rows
    from account
    where is_quarantined(outcome)
) as counted
    on counted.usage_date = listed.usage_date
    and counted.file = listed.file
    and counted.outcome = listed.reason
where listed.rows is distinct from counted.rows
