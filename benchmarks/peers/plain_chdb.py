"""The rating alone in chDB (ClickHouse in the process)."""

import sys

import chdb

logs, prices = sys.argv[1] + "/*.parquet", sys.argv[2]
print(
    chdb.query(
        f"""
        with once as (
            select * from file('{logs}', Parquet) limit 1 by org_id, event_id
        ),
        lines as (
            select
                org_id, agent_id, billing_type, brand, model, key_mode,
                sum(input_tokens) as i, sum(output_tokens) as o, sum(audio_ms) as a,
                sum(characters) as c
            from once
            where coalesce(input_tokens, output_tokens, audio_ms, characters) >= 0
            group by org_id, agent_id, billing_type, brand, model, key_mode
        ),
        meters as (
            select org_id, billing_type, brand, model, key_mode, m.1 as meter,
                assumeNotNull(m.2) as quantity
            from lines
            array join [
                ('input_tokens', i), ('output_tokens', o), ('audio_ms', a), ('characters', c)
            ] as m
            where m.2 is not null and m.2 <> 0
        ),
        credits as (
            select org_id, meters.billing_type as billing_type,
                toInt128(quantity) * billionths as n, toInt128(per) as d
            from meters
            inner join file('{prices}', CSVWithNames) as prices
                on meters.billing_type = prices.billing_type and meters.brand = prices.brand
                and meters.model = prices.model and meters.key_mode = prices.key_mode
                and meters.meter = prices.meter
        )
        select org_id, billing_type, sum(intDiv(n, d)
            + if(2 * (n % d) > d or (2 * (n % d) = d and intDiv(n, d) % 2 = 1), 1, 0))
        from credits group by org_id, billing_type order by org_id, billing_type
        settings max_threads = 2, format_tsv_null_representation = ''
        """,
        "TSV",
    )
    .bytes()
    .decode()
    .replace("\t", " "),
    end="",
)
