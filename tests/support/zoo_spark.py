"""The zoo's rows as Spark writes them: python zoo_spark.py ROWS.json FOLDER, a process of its own."""

import json
import shutil
import sys
from datetime import datetime
from itertools import product
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

COLUMNS = (
    "event_id string, event_time timestamp, org_id string, billing_type string, brand string,"
    " model string, key_mode string, agent_id string, input_tokens bigint, output_tokens int,"
    " images array<struct<width: int, height: int>>"
)


def main(rows: Path, folder: Path) -> None:
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    told = json.loads(rows.read_text(encoding="utf-8"))
    for row in told:
        row["event_time"] = datetime.fromisoformat(row["event_time"])
    frame = spark.createDataFrame(told, COLUMNS).coalesce(1)
    times = ("TIMESTAMP_MICROS", "TIMESTAMP_MILLIS", "INT96")
    ways = [
        ("snappy", version, time, dictionary)
        for version, time, dictionary in product((1, 2), times, ("true", "false"))
    ]
    ways += [
        (codec, version, times[0], "true")
        for codec, version in product(("none", "gzip", "zstd", "lz4raw"), (1, 2))
    ]
    for codec, version, time, dictionary in ways:
        spark.conf.set("spark.sql.parquet.outputTimestampType", time)
        options = {
            "parquet.writer.version": f"PARQUET_{version}_0",
            "parquet.enable.dictionary": dictionary,
            "compression": codec.replace("lz4raw", "lz4_raw"),
            "parquet.bloom.filter.enabled#org_id": "true",
        }
        write(frame, folder, f"Spark {codec} {version} {time} {dictionary}", options)
    ntz = frame.withColumn("event_time", F.col("event_time").cast("timestamp_ntz"))
    write(ntz, folder, "Spark ntz", {})
    tagged = frame.withColumn("tags", F.create_map(F.lit("a"), F.lit("b")))
    write(tagged, folder, "Spark map", {})
    spark.stop()


def write(frame: object, folder: Path, name: str, options: dict[str, str]) -> None:
    frame.write.options(**options).parquet(str(folder / "written"))  # type: ignore[attr-defined]
    (part,) = (folder / "written").glob("*.parquet")
    part.rename(folder / f"{name}.parquet")
    shutil.rmtree(folder / "written")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
