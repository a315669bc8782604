-- One row per line of usage to be charged; lines of organizations with agreed prices also by the
-- instant that they begin at, since that decides which agreement holds.
select
    usage_date,
    org_id,
    dimensions,
    billing_type,
    price_key,
    case when org_id in (select org_id from agreements) then rates_from end as agreed_at,
    tier_suffix(line_measured) as tier,
    row_number() over () as usage_line,
    cast(sum(each_meter) as decimal(38, 0)) as each_meter
from rated_lines
where reason is null
group by
    usage_date, org_id, dimensions, billing_type, price_key,
    case when org_id in (select org_id from agreements) then rates_from end,
    tier_suffix(line_measured)
