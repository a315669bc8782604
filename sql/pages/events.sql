-- One row per organization of one usage date: each charge with the sum of its events and the first
-- `$most` of them, and where the organization's other rows ended, as JSON.
with examples as (
    select
        org_id, dimensions, billing_type, brand, model, key_mode, rate_card, agreement, meter,
        price,
        list(
            struct_pack(
                event_id, event_time := cast(event_time as varchar), logged_brand, logged_model,
                quantity := cast(quantity as varchar), file_name, row_number
            )
            order by nth
        ) as examples
    from first_events
    where nth <= $most
    group by
        org_id, dimensions, billing_type, brand, model, key_mode, rate_card, agreement, meter, price
),

charges as (
    select
        explained_charges.org_id,
        to_json(list(
            struct_pack(
                billing_type := explained_charges.billing_type,
                brand := explained_charges.brand,
                model := explained_charges.model,
                key_mode := explained_charges.key_mode,
                dimensions := explained_charges.dimensions,
                rate_card := explained_charges.rate_card,
                agreement := explained_charges.agreement,
                meter := explained_charges.meter,
                price := cast(explained_charges.price as varchar),
                events := cast(explained_charges.events as varchar),
                quantity := cast(explained_charges.quantity_of_events as varchar),
                credits := cast(explained_charges.credits_of_events as varchar),
                card_line := explained_charges.card_line,
                examples := examples.examples
            )
            order by
                explained_charges.credits desc nulls last,
                explained_charges.billing_type, explained_charges.brand, explained_charges.model,
                explained_charges.key_mode, explained_charges.dimensions,
                explained_charges.rate_card, explained_charges.agreement,
                explained_charges.meter, explained_charges.price
        )) as charges
    from explained_charges
    left join examples
        on examples.org_id = explained_charges.org_id
        and examples.dimensions is not distinct from explained_charges.dimensions
        and examples.billing_type = explained_charges.billing_type
        and examples.brand = explained_charges.brand
        and examples.model = explained_charges.model
        and examples.key_mode = explained_charges.key_mode
        and examples.rate_card = explained_charges.rate_card
        and examples.agreement is not distinct from explained_charges.agreement
        and examples.meter = explained_charges.meter
        and examples.price = explained_charges.price
    group by explained_charges.org_id
),

ended as (
    select
        events.org_id,
        coalesce(outcomes.outcome, 'rated') as outcome,
        count(*) as rows
    from events
    left join outcomes
        on outcomes.file = events.file and outcomes.row_number = events.row_number
    group by events.org_id, coalesce(outcomes.outcome, 'rated')
),

rows_by_outcome as (
    select
        org_id,
        to_json(list([outcome, cast(rows as varchar)] order by "rows" desc, outcome)) as outcomes
    from ended
    where org_id is not null and not is_blank(org_id)
    group by org_id
)

select
    rows_by_outcome.org_id,
    coalesce(charges.charges, '[]') as charges,
    rows_by_outcome.outcomes
from rows_by_outcome
left join charges using (org_id)
order by rows_by_outcome.org_id
