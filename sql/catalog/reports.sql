-- One row per published version of a usage date, and per blocked attempt.
select
    usage_date,
    version,
    state,
    cast(published_at as timestamptz) as published_at,
    reason,
    supersedes,
    rate_cards,
    events,
    credits,
    usd,
    quarantined,
    input_digest,
    output_digest
from given_reports
