-- One row per date of which more rows are quarantined than the home allows: over the limit, and
-- more than the floor or more than half.
with counted as (
    select
        usage_date,
        sum(rows) as rows,
        coalesce(sum(rows) filter (
            where is_quarantined(outcome)
        ), 0) as quarantined
    from account
    group by usage_date
)

select
    counted.usage_date,
    concat(
        format('{:,} of {:,}', counted.quarantined, counted.rows),
        if(counted.rows = 1, ' row ', ' rows '),
        if(counted.quarantined = 1, 'is', 'are'),
        ' quarantined'
    ) as fault
from counted
cross join limits
where
    counted.quarantined > cast(counted.rows as decimal(20, 0)) * limits.quarantine_limit
    and (
        counted.quarantined > limits.quarantine_floor
        or 2 * counted.quarantined > counted.rows
    )
