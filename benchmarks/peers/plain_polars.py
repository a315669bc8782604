"""The rating alone as a Polars streaming query."""

import sys

import polars as pl

METERS = ["input_tokens", "output_tokens", "audio_ms", "characters"]
KEY = ["org_id", "agent_id", "billing_type", "brand", "model", "key_mode"]
n, d = pl.col("quantity").cast(pl.Int128) * pl.col("billionths"), pl.col("per").cast(pl.Int128)
lines = (
    pl.scan_parquet(sys.argv[1] + "/*.parquet")
    .select(*KEY, "event_id", *METERS)
    .unique(subset=["org_id", "event_id"], keep="any")
    .filter(pl.coalesce(METERS) >= 0)
    .group_by(KEY)
    .agg(pl.col(METERS).sum())
    .unpivot(METERS, index=KEY, variable_name="meter", value_name="quantity")
    .filter(pl.col("quantity") != 0)
    .join(
        pl.scan_csv(sys.argv[2], schema_overrides={"billionths": pl.Int64}),
        on=[*KEY[2:], "meter"],
    )
    .with_columns(
        credits=n // d
        + ((2 * (n % d) > d) | ((2 * (n % d) == d) & (n // d % 2 == 1))).cast(pl.Int128)
    )
    .group_by("org_id", "billing_type")
    .agg(pl.col("credits").sum())
    .collect(engine="streaming")
    .sort("org_id", "billing_type")
)
for row in lines.iter_rows():
    print(*row)
