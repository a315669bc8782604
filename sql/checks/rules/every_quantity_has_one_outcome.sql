-- One row per quantity of a date whose files' sums, less what is not charged, are not those of
-- usage; per quantity of a file that was taken out more often than it was read; and per quantity of
-- a file's quarantined rows that the account holds differently.
with accounted as (
    select
        usage_date,
        file,
        outcome,
        unnest([
            'each_meter'
        ]) as meter,
        unnest([
            each_meter
        ]) as quantity
    from account
),

used as (
    select
        usage_date,
        unnest([
            'each_meter'
        ]) as meter,
        unnest([
            each_meter
        ]) as quantity
    from usage
),

listed as (
    select
        usage_date,
        file,
        reason,
        unnest([
            'each_quantity'
        ]) as meter,
        unnest([
            each_quantity
        ]) as quantity
    from quarantine
),

rated_sums as (
    select usage_date, meter, sum(quantity) as quantity
    from accounted
    where outcome = 'rated'
    group by usage_date, meter
),

used_sums as (
    select usage_date, meter, sum(quantity) as quantity
    from used
    group by usage_date, meter
),

listed_sums as (
    select usage_date, file, reason, meter, sum(quantity) as quantity
    from listed
    where is_counted(quantity)
    group by usage_date, file, reason, meter
),

quarantined_sums as (
    select usage_date, file, outcome, meter, quantity
    from accounted
    where
        is_quarantined(outcome)
        and meter <> 'image_tokens'
        and quantity <> 0
)

select
    coalesce(rated_sums.usage_date, used_sums.usage_date) as usage_date,
    concat(
        coalesce(rated_sums.meter, used_sums.meter), ': ', coalesce(rated_sums.quantity, 0),
        ' rated in the files, ', coalesce(used_sums.quantity, 0), ' in usage'
    ) as fault
from rated_sums
full join used_sums
    on used_sums.usage_date = rated_sums.usage_date and used_sums.meter = rated_sums.meter
where coalesce(rated_sums.quantity, 0) <> coalesce(used_sums.quantity, 0)
union all
select
    usage_date,
    concat('file ', file, ', ', outcome, ': ', quantity, ' ', meter, ' is below zero') as fault
from accounted
where quantity < 0
union all
select
    coalesce(listed_sums.usage_date, quarantined_sums.usage_date) as usage_date,
    concat(
        'file ', coalesce(listed_sums.file, quarantined_sums.file), ', ',
        coalesce(listed_sums.reason, quarantined_sums.outcome), ': ',
        coalesce(quarantined_sums.quantity, 0), ' ',
        coalesce(listed_sums.meter, quarantined_sums.meter), ' in the account, ',
        coalesce(listed_sums.quantity, 0), ' in quarantine'
    ) as fault
from listed_sums
full join quarantined_sums
    on quarantined_sums.usage_date = listed_sums.usage_date
    and quarantined_sums.file = listed_sums.file
    and quarantined_sums.outcome = listed_sums.reason
    and quarantined_sums.meter = listed_sums.meter
where coalesce(listed_sums.quantity, 0) <> coalesce(quarantined_sums.quantity, 0)
