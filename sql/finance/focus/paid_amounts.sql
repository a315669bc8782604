-- One row per date, charge and grant that paid for it (null: none did), of what was booked on the
-- date and of overdraft that was repaid: its part of the charge's quantity, credits and dollars.
with booked as (
    select
        usage_date as billed_on, usage_date, org_id, dimensions, billing_type, brand, model,
        key_mode, meter, per, list_price, price, rate_card, agreement,
        cast(null as varchar) as grant_id, quantity, cast(0 as decimal(38, 9)) as credits,
        cast(0 as decimal(38, 9)) as usd, cast(null as integer) as correction,
        cast(null as integer) as corrects, cast(null as varchar) as reason
    from charges
    union all
    select
        booked_on as billed_on, usage_date, org_id, dimensions, billing_type, brand, model,
        key_mode, meter, per, list_price, price, rate_card, agreement,
        cast(null as varchar) as grant_id, quantity, 0 as credits, 0 as usd, correction, corrects,
        reason
    from corrections
),

paid as (
    select
        usage_date as billed_on, charge_date as usage_date, org_id, dimensions, billing_type, brand,
        model, key_mode, meter, per, list_price, price, rate_card, agreement, grant_id,
        0 as quantity, -credits as credits, if(grant_id is null, 0, -usd) as usd,
        null as correction, null as corrects, null as reason
    from ledger_through
    where
        usage_date >= $first
        and entry in ('burned', 'repaid', 'restored', 'uncovered', 'covered')
),

parts as (
    select
        billed_on, usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement, grant_id,
        cast(sum(quantity) as hugeint) as booked_quantity,
        sum(credits) as credits,
        sum(usd) as usd,
        max(correction) as correction,
        max(corrects) as corrects,
        max(reason) as reason
    from (from booked union all from paid)
    group by
        billed_on, usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter, per,
        list_price, price, rate_card, agreement, grant_id
),

-- credits x per / price, in whole units
divided as (
    select
        *,
        case
            when credits = 0 then 0
            else cast(sign(credits) as hugeint) * half_even(
                cast(abs(cast(credits as decimal(38, 9))) * 1000000000 as hugeint) * per,
                cast(cast(price as decimal(28, 9)) * 1000000000 as hugeint)
            )
        end as part
    from parts
),

ranked as (
    select
        *,
        sum(booked_quantity) over charge - sum(part) over charge as rest,
        max(correction) over charge as booked_correction,
        max(corrects) over charge as booked_corrects,
        max(reason) over charge as booked_reason,
        row_number() over (charge order by abs(credits) desc, grant_id nulls last) as place
    from divided
    window charge as (
        partition by
            billed_on, usage_date, org_id, dimensions, billing_type, brand, model, key_mode, meter,
            per, list_price, price, rate_card, agreement
    )
),

-- what rounding leaves is the largest part's
shared as (
    select
        * exclude (correction, corrects, reason),
        cast(part + if(place = 1, rest, 0) as bigint) as quantity,
        booked_correction as correction,
        booked_corrects as corrects,
        if(
            billed_on <> usage_date and booked_correction is null, 'overdraft repaid', booked_reason
        ) as reason
    from ranked
)

select
    usage_date, billed_on, org_id, dimensions, billing_type, brand, model, key_mode, meter,
    quantity, per, list_price, price, cast(credits as decimal(38, 9)) as credits,
    cast(usd as decimal(38, 11)) as usd, rate_card, agreement, correction, corrects, reason,
    grant_id
from shared
where quantity <> 0 or credits <> 0 or usd <> 0
