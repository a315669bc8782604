-- One row per charge that changed: what of its quantity the quarantine explains, and the rest.
with placed as (
    -- of several charges of one name, in whichever spelling, the card in force at the row's time,
    -- then the largest
    select
        known_rows.cause,
        known_rows.quantity,
        cells.f_id,
        row_number() over (
            partition by known_rows.n
            order by
                case
                    when cast(effective_cards.effective_from as timestamptz)
                    <= cast(known_rows.event_time as timestamptz)
                        then cast(effective_cards.effective_from as timestamptz)
                end desc nulls last,
                greatest(cells.old_quantity, cells.new_quantity) desc,
                cells.f_id
        ) as nth
    from (
        select
            known_rows.*,
            row_names.brand as printed_brand,
            row_names.model as printed_model
        from (select *, row_number() over () as n from known_rows) as known_rows
        inner join row_names
            on row_names.usage_date = known_rows.usage_date
            and row_names.side = known_rows.side
            and row_names.service = known_rows.service
            and row_names.line_brand = known_rows.brand
            and row_names.line_model = known_rows.model
    ) as known_rows
    inner join cells
        on cells.usage_date = known_rows.usage_date
        and cells.org_id = known_rows.org_id
        and cells.dimensions is not distinct from known_rows.dimensions
        and cells.billing_type = known_rows.billing_type
        and cells.brand = known_rows.printed_brand
        and cells.model = known_rows.printed_model
        and cells.key_mode = known_rows.key_mode
        and cells.meter = known_rows.meter
        and case known_rows.side
            when 'old' then cells.old_quantity > 0
            else cells.new_quantity > 0
        end
    inner join effective_cards
        on effective_cards.usage_date = cells.usage_date
        and effective_cards.rate_card = cells.rate_card
),

known as (
    select
        f_id,
        sum(case when cause = 'withdrawn' then quantity else 0 end) as withdrawn,
        sum(case when cause = 'quarantine' then quantity else 0 end) as quarantine
    from placed
    where nth = 1
    group by f_id
)

select
    cells.usage_date,
    cells.f_id,
    cells.k_id,
    cells.g_id,
    cells.old_quantity = 0 or cells.new_quantity = 0 as is_one_sided,
    cast(coalesce(known.withdrawn, 0) as hugeint) as withdrawn,
    cast(coalesce(known.quarantine, 0) as hugeint) as quarantine,
    cast(
        cells.new_quantity - cells.old_quantity
        - coalesce(known.withdrawn, 0) - coalesce(known.quarantine, 0) as hugeint
    ) as rest,
    cast(0 as hugeint) as moved
from cells
left join known on known.f_id = cells.f_id
