"""What it costs to look at a log with both readers, beside a log that needs no such look.

The same events as Polars writes them, and with a footer that says that columns decode to no bytes, as
DuckDB up to 0.5 and npm's parquetjs write it.

    python benchmarks/odd_files.py --events 2000000
"""

import argparse
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from measuring import machine
from usage_logs import DAY, Writer

from pricing_assets.db import connection as duck
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.examine import examine
from pricing_assets.logs import thrift
from pricing_assets.logs.parquet_footer import FileLimits

RULES = Rules("UTC", ("agent_id",), duck.Limits(threads=1), FileLimits())
ROUNDS = 3


def say_no_bytes(file: Path) -> None:
    """Make the file's footer say that every column decodes to no bytes."""
    data, metadata = file.read_bytes(), pq.read_metadata(file)
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[start:-8]
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            rest = b"\x16" + thrift.integer(column.total_compressed_size)
            said = b"\x16" + thrift.integer(column.total_uncompressed_size) + rest
            footer = footer.replace(said, b"\x16\0" + rest)
    file.write_bytes(data[:start] + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def cpu_seconds(file: Path) -> float:
    """Return CPU seconds of one thread to examine a log, the median of a few times."""
    log = Arrived(file, file.name, file.stem, file.stat().st_size)
    found = []
    for _ in range(ROUNDS):
        before = time.process_time()
        (receipt,) = examine([log], RULES, datetime.now(UTC), file.parent)
        found.append(time.process_time() - before)
        assert isinstance(receipt, Receipt), receipt
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        plain, odd = (Path(folder, f"{digit * 64}.parquet") for digit in "01")
        Writer().write(plain, events, DAY)
        shutil.copyfile(plain, odd)
        say_no_bytes(odd)
        alone, both = cpu_seconds(plain), cpu_seconds(odd)
    text = f"""\
## Logs that do not agree with themselves

`python benchmarks/odd_files.py --events {events}`: {events:,} events in a file as Polars writes it, and
the same with a footer that says that columns decode to no bytes, which is read by DuckDB and by Arrow
and compared; {machine()}.

| examining one log | CPU s | ratio |
| --- | ---: | ---: |
| that agrees with itself | {alone:.2f} | 1.0 |
| that does not | {both:.2f} | {both / alone:.1f} |

So both readers look only where sizes, counts, levels or headers of pages do not agree.
"""
    print(text)


if __name__ == "__main__":
    main()
