"""The rating alone as a DuckDB script: one row an id, quantities per line, prices joined."""

import sys

import duckdb

con = duckdb.connect(config={"threads": "2"})
con.execute("set timezone = 'UTC'")
rows = con.execute(
    """
    with once as (
        select * from read_parquet($logs)
        qualify row_number() over (partition by org_id, event_id order by event_time) = 1
    ),
    lines as (
        select
            org_id, agent_id, billing_type, brand, model, key_mode, count(*) as events,
            sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
            sum(audio_ms) as audio_ms, sum(characters) as characters
        from once
        where coalesce(input_tokens, output_tokens, audio_ms, characters) >= 0
        group by all
    ),
    meters as (
        unpivot lines on input_tokens, output_tokens, audio_ms, characters
        into name meter value quantity
    ),
    credits as (
        select
            meters.org_id, meters.billing_type,
            (cast(quantity as hugeint) * billionths) as n, prices.per as d
        from meters
        inner join read_csv($prices) as prices
            using (billing_type, brand, model, key_mode, meter)
        where quantity <> 0
    )
    select
        org_id, billing_type,
        sum(n // d + case
            when 2 * (n % d) > d or (2 * (n % d) = d and (n // d) % 2 = 1) then 1 else 0
        end)
    from credits group by all order by all
    """,
    {"logs": sys.argv[1] + "/*.parquet", "prices": sys.argv[2]},
).fetchall()
for org_id, billing_type, billionths in rows:
    print(org_id, billing_type, int(billionths))
