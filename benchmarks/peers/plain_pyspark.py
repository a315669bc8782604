"""The rating alone in Spark, local, on two cores."""

import sys

from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.memory", "8g")
    .config("spark.sql.shuffle.partitions", "8")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
spark.read.parquet(sys.argv[1]).dropDuplicates(["org_id", "event_id"]).createOrReplaceTempView(
    "once"
)
spark.read.csv(sys.argv[2], header=True).createOrReplaceTempView("prices")
rows = spark.sql(
    """
    with lines as (
        select org_id, agent_id, billing_type, brand, model, key_mode,
            sum(input_tokens) as i, sum(output_tokens) as o, sum(audio_ms) as a,
            sum(characters) as c
        from once
        where coalesce(input_tokens, output_tokens, audio_ms, characters) >= 0
        group by org_id, agent_id, billing_type, brand, model, key_mode
    ),
    meters as (
        select org_id, billing_type, brand, model, key_mode,
            stack(4, 'input_tokens', i, 'output_tokens', o, 'audio_ms', a, 'characters', c)
            as (meter, quantity)
        from lines
    ),
    credits as (
        select meters.org_id, meters.billing_type,
            cast(quantity as decimal(19, 0)) * cast(billionths as decimal(18, 0)) as n,
            cast(per as decimal(9, 0)) as d
        from meters
        inner join prices
            on meters.billing_type = prices.billing_type and meters.brand = prices.brand
            and meters.model = prices.model and meters.key_mode = prices.key_mode
            and meters.meter = prices.meter
        where quantity <> 0
    )
    select org_id, billing_type, sum(cast(n div d as decimal(20, 0)) + case
        when 2 * (n % d) > d or (2 * (n % d) = d and (n div d) % 2 = 1) then 1 else 0 end)
    from credits group by org_id, billing_type order by org_id, billing_type
    """
).collect()
for row in rows:
    print(*row)
spark.stop()
