-- One row per organization: what was booked for its closed dates, as JSON. Why it was booked is
-- said without rows and names of files, which are those of all organizations.
select
    corrections.org_id,
    to_json(list(
        struct_pack(
            usage_date := cast(corrections.usage_date as varchar),
            booked_on := cast(corrections.booked_on as varchar),
            correction := corrections.correction,
            billing_type := corrections.billing_type,
            brand := corrections.brand,
            model := corrections.model,
            key_mode := corrections.key_mode,
            dimensions := corrections.dimensions,
            meter := corrections.meter,
            quantity := cast(corrections.quantity as varchar),
            per := corrections.per,
            price := cast(corrections.price as varchar),
            credits := cast(corrections.credits as varchar),
            usd := cast(corrections.usd as varchar),
            rate_card := corrections.rate_card,
            reason := regexp_replace(
                corrections.reason,
                '(late usage|withdrawn): [0-9,]+ rows? (in|of) .*?(; |$)',
                '\1\3',
                'g'
            )
        )
        order by
            corrections.usage_date, corrections.correction, corrections.billing_type,
            corrections.brand, corrections.model, corrections.key_mode, corrections.meter,
            corrections.dimensions, corrections.credits
    )) as corrected
from corrections
inner join shown using (org_id)
group by corrections.org_id
