"""The command in this process, and logs that the built-in price lists price.

What it prints and does belongs to the tests of `pipelines/cli`.
"""

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "pricing_assets" / "rate_cards"


@dataclass(frozen=True)
class Done:
    """What a run of the command left."""

    returncode: int
    stdout: bytes
    stderr: bytes


def creditmill(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> Done:
    """Run the command in a folder, in this process: heavy libraries are imported once."""
    from pipelines.cli.app import main

    out, err = io.StringIO(), io.StringIO()
    before, were = Path.cwd(), dict(os.environ)
    for name in [name for name in os.environ if name.startswith("CREDITMILL_")]:
        del os.environ[name]
    os.environ.update(env or {})
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(were)
    said, told = (text.getvalue().encode(errors="backslashreplace") for text in (out, err))
    return Done(code, said, told)


def write_openai_log(file: Path, model: str = "GPT-4.1-1M", rows: int = 3, day: int = 2) -> None:
    """A small log of 2026-03-0`day`, 1000 input tokens a row."""
    file.parent.mkdir(parents=True, exist_ok=True)
    micros = 1_772_409_600_000_000 + (day - 2) * 86_400_000_000
    pq.write_table(
        pa.table(
            {
                "event_id": [f"{file.name}-{row}" for row in range(rows)],
                "event_time": pa.array([micros + row for row in range(rows)], pa.timestamp("us")),
                "org_id": ["acme"] * rows,
                "billing_type": ["llm_text_chat"] * rows,
                "brand": ["OpenAI"] * rows,
                "model": [model] * rows,
                "key_mode": ["platform"] * rows,
                "input_tokens": [1000] * rows,
            }
        ),
        file,
    )
