-- One row per charge that changed: its quantity and its credits (in billionths, rounded as a charge
-- is) after each cause, one after the other.
with numbers as (
    select
        cells.*,
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
    inner join numbers as partner
        on partner.g_id = numbers.g_id
        and sign(partner.moved) = -sign(numbers.moved)
    where numbers.moved <> 0
    qualify
        row_number() over (
            partition by numbers.f_id
            order by partner.k_id <> numbers.k_id, abs(partner.moved) desc, partner.f_id
        ) = 1
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
        - case when rest_cause = 'rules' then rest else 0 end as quantity_5
    from rests_by_cause
),

amounts as (
    select
        quantities.*,
        unnest([0, 1, 2, 3, 4, 5, 6, 7]) as step,
        unnest([
            quantity_0, quantity_1, quantity_2, quantity_3, quantity_4, quantity_5, quantity_5,
            new_quantity
        ]) as quantity,
        unnest([
            quantity_0 * price_n,
            quantity_1 * price_n,
            quantity_2 * price_n,
            quantity_3 * price_n,
            quantity_4 * price_n,
            case moved_by
                when 'price_change' then quantity_5 * price_n
                when 'names' then quantity_5 * price_n
                when 'both' then quantity_4 * price_n + moved * list_n
                else quantity_4 * price_n
            end,
            quantity_5 * price_n,
            new_quantity * price_n
        ]) as amount
    from quantities
)

select
    f_id,
    moved_by,
    step,
    case
        when step = 5 and moved_by = 'agreement_or_cap' then quantity_4
        else quantity
    end as quantity,
    case step
        when 0 then cast(trunc(old_credits) as hugeint) * 1000000000
            + cast((old_credits - trunc(old_credits)) * 1000000000 as hugeint)
        when 7 then cast(trunc(new_credits) as hugeint) * 1000000000
            + cast((new_credits - trunc(new_credits)) * 1000000000 as hugeint)
        else sign(amount) * half_even(abs(amount), cast(per as hugeint))
    end as credit_billionths
from amounts
