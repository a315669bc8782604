-- One row per charge that changed: its quantity and its credits (in billionths, rounded as a
-- charge is) after each cause, one after the other, from 0 (as it was) to 7 (as it is). What a
-- cause leaves as it was is not computed again.
with numbers as (
    select
        cells.f_id,
        cells.k_id,
        cells.g_id,
        cells.per,
        cells.rate_card,
        cells.agreement,
        cells.old_quantity,
        cells.new_quantity,
        cells.old_credits,
        cells.new_credits,
        rests.withdrawn,
        rests.quarantine,
        rests.moved,
        rests.rest,
        compared.rest_cause,
        compared.has_other_names,
        cast(cast(cells.price as decimal(38, 9)) * 1000000000 as hugeint) as price_n,
        cast(cast(cells.list_price as decimal(38, 9)) * 1000000000 as hugeint) as list_n
    from cells
    inner join rests on rests.f_id = cells.f_id
    inner join compared on compared.usage_date = cells.usage_date
),

-- of the charges that usage came from, and of those it went to, the one that most did, of each
-- name and of each pool of names
most_of_names as (
    select
        f_id,
        k_id,
        sign(moved) as direction
    from rests
    where moved <> 0
    qualify row_number() over (partition by k_id, sign(moved) order by abs(moved) desc, f_id) = 1
),

most_of_pools as (
    select
        f_id,
        g_id,
        sign(moved) as direction
    from rests
    where moved <> 0
    qualify row_number() over (partition by g_id, sign(moved) order by abs(moved) desc, f_id) = 1
),

-- whom the usage of a charge came from or went to, mostly: of its own name before others
partners as (
    select
        numbers.f_id,
        partner.price_n as partner_price,
        partner.list_n as partner_list,
        partner.agreement as partner_agreement,
        -- one card under another name: the lines of names say which is meant
        (
            numbers.has_other_names
            and partner.rate_card = numbers.rate_card
            and (partner.agreement is not distinct from numbers.agreement)
            and partner.k_id <> numbers.k_id
        ) as is_renamed
    from numbers
    left join most_of_names
        on most_of_names.k_id = numbers.k_id
        and most_of_names.direction = -sign(numbers.moved)
    left join most_of_pools
        on most_of_pools.g_id = numbers.g_id
        and most_of_pools.direction = -sign(numbers.moved)
    inner join numbers as partner
        on partner.f_id = coalesce(most_of_names.f_id, most_of_pools.f_id)
    where numbers.moved <> 0
),

judged as (
    select
        numbers.*,
        case
            when partners.f_id is null then 'price_change'
            when partners.is_renamed then 'names'
            when (numbers.agreement is distinct from partners.partner_agreement)
                then case
                    when numbers.list_n = partners.partner_list then 'agreement_or_cap'
                    when numbers.moved > 0 and partners.partner_agreement is null then 'both'
                    when numbers.moved < 0 and numbers.agreement is null then 'price_change'
                    else 'agreement_or_cap'
                end
            when numbers.agreement is null
                and numbers.price_n <> partners.partner_price
                and (
                    numbers.list_n = partners.partner_list
                    or (
                        numbers.price_n < numbers.list_n
                        and partners.partner_price < partners.partner_list
                    )
                )
                then 'agreement_or_cap'
            else 'price_change'
        end as moved_by
    from numbers
    left join partners on partners.f_id = numbers.f_id
),

rests_by_cause as (
    select
        judged.*,
        case rest_cause
            when 'late_usage' then rest
            when 'late_and_withdrawn' then greatest(rest, 0)
            else 0
        end as late,
        case rest_cause
            when 'withdrawn' then rest
            when 'late_and_withdrawn' then least(rest, 0)
            else 0
        end as taken_back,
        case when rest_cause = 'mapping' then rest else 0 end as mapped
    from judged
),

quantities as (
    select
        rests_by_cause.*,
        old_quantity as quantity_0,
        old_quantity + late as quantity_1,
        old_quantity + late + withdrawn + taken_back as quantity_2,
        old_quantity + late + withdrawn + taken_back + mapped as quantity_3,
        new_quantity
        - case when rest_cause = 'rules' then rest else 0 end
        - moved as quantity_4,
        new_quantity
        - case when rest_cause = 'rules' then rest else 0 end as quantity_6
    from rests_by_cause
),

amounts as (
    select
        quantities.*,
        quantity_1 * price_n as amount_1,
        quantity_2 * price_n as amount_2,
        quantity_3 * price_n as amount_3,
        quantity_4 * price_n as amount_4,
        case moved_by
            when 'price_change' then quantity_6 * price_n
            when 'names' then quantity_6 * price_n
            when 'both' then quantity_4 * price_n + moved * list_n
            else quantity_4 * price_n
        end as amount_5,
        quantity_6 * price_n as amount_6
    from quantities
),

credits_1 as (
    select
        amounts.*,
        sign(amount_1) * half_even(abs(amount_1), cast(per as hugeint))
            as credits_1
    from amounts
),

credits_2 as (
    select
        credits_1.*,
        case
            when amount_2 = amount_1 then credits_1
            else sign(amount_2) * half_even(abs(amount_2), cast(per as hugeint))
        end as credits_2
    from credits_1
),

credits_3 as (
    select
        credits_2.*,
        case
            when amount_3 = amount_2 then credits_2
            else sign(amount_3) * half_even(abs(amount_3), cast(per as hugeint))
        end as credits_3
    from credits_2
),

credits_4 as (
    select
        credits_3.*,
        case
            when amount_4 = amount_3 then credits_3
            else sign(amount_4) * half_even(abs(amount_4), cast(per as hugeint))
        end as credits_4
    from credits_3
),

credits_5 as (
    select
        credits_4.*,
        case
            when amount_5 = amount_4 then credits_4
            else sign(amount_5) * half_even(abs(amount_5), cast(per as hugeint))
        end as credits_5
    from credits_4
)

select
    f_id,
    moved_by,
    quantity_0,
    quantity_1,
    quantity_2,
    quantity_3,
    quantity_4,
    case when moved_by = 'agreement_or_cap' then quantity_4 else quantity_6 end as quantity_5,
    quantity_6,
    new_quantity as quantity_7,
    cast(trunc(old_credits) as hugeint) * 1000000000
        + cast((old_credits - trunc(old_credits)) * 1000000000 as hugeint) as credits_0,
    credits_1,
    credits_2,
    credits_3,
    credits_4,
    credits_5,
    case
        when amount_6 = amount_5 then credits_5
        else sign(amount_6) * half_even(abs(amount_6), cast(per as hugeint))
    end as credits_6,
    cast(trunc(new_credits) as hugeint) * 1000000000
        + cast((new_credits - trunc(new_credits)) * 1000000000 as hugeint) as credits_7
from credits_5
