-- One row per line of usage to be charged; lines of organizations with agreed prices also by the
-- instant that they begin at, since that decides which agreement holds.
select
    usage_date,
    org_id,
    dimensions,
    billing_type,
    price_key,
    case when org_id in (select org_id from agreements) then rates_from end as agreed_at,
    cast(sum(input_tokens) as decimal(38, 0)) as input_tokens,
    cast(sum(output_tokens) as decimal(38, 0)) as output_tokens,
    cast(sum(image_tokens) as decimal(38, 0)) as image_tokens,
    cast(sum(audio_ms) as decimal(38, 0)) as audio_ms,
    cast(sum(characters) as decimal(38, 0)) as characters,
    cast(sum(requests) as decimal(38, 0)) as requests,
    cast(sum(stored_tokens) as decimal(38, 0)) as stored_tokens
from rated_lines
where reason is null
group by
    usage_date, org_id, dimensions, billing_type, price_key,
    case when org_id in (select org_id from agreements) then rates_from end
