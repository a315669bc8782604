"""Realistic usage logs, as many as wanted, the same for the same seed.

Organizations by a power law, each agent with three models of the built-in price list, 1 % of the
events (or another share) delivered twice, 0.1 % bad rows (half of them with a model that has no price, half with a
negative quantity), in time order.

    python benchmarks/usage_logs.py --events 20000000 --files 10 --to DIR
"""

import argparse
import csv
from collections.abc import Callable
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
PRICES = ROOT / "pricing_assets" / "rate_cards" / "2026-02-01" / "rates.csv"
DAY = date(2026, 3, 2)
DAY_US = 86_400_000_000
KINDS = ("llm", "asr", "tts", "embedding", "rerank")
SHARES = (0.81, 0.05, 0.03, 0.07, 0.04)
TYPES = {
    "llm": ["llm_text_chat", "llm_audio_chat", "database_processing", "question_recognition"],
    "asr": ["asr_recognition"],
    "tts": ["tts_generation"],
    "embedding": ["knowledge_indexing"],
    "rerank": ["knowledge_reranking"],
}
AGENTS = 60_000
ORGANIZATIONS = 2_000


def priced() -> dict[str, list[tuple[str, str]]]:
    """Return, for each service, the names that the built-in card prices with a platform key."""
    found: dict[str, dict[tuple[str, str], None]] = {kind: {} for kind in KINDS}
    with PRICES.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            offered = line["key_mode"] == "platform" and line["credits"] != "-"
            if line["service"] in found and offered:
                found[line["service"]][line["brand"], line["model"]] = None
    return {kind: list(names) for kind, names in found.items()}


class Writer:
    """Writes the same events for the same seed, one file at a time."""

    def __init__(self, agents: int = AGENTS, seed: int = 1, repeated: float = 0.01) -> None:
        self.repeated = repeated
        self.rng = np.random.default_rng(seed)
        self.agents = agents
        names = priced()
        self.names = [(kind, *name) for kind in KINDS for name in names[kind]]
        first = np.cumsum([0, *(len(names[kind]) for kind in KINDS)])
        kinds = self.rng.choice(len(KINDS), (agents, 3), p=SHARES)
        widths = np.array([len(names[kind]) for kind in KINDS])
        self.models = first[kinds] + (self.rng.random((agents, 3)) * widths[kinds]).astype(int)
        self.organizations = np.minimum(
            (self.rng.pareto(1.1, agents) * 20).astype(int), ORGANIZATIONS - 1
        )
        weights = 1 / np.arange(1, agents + 1) ** 0.9
        self.busy = np.cumsum(weights / weights.sum())
        self.number = 0

    def write(self, path: Path, rows: int, day: date = DAY, part: int = 0, parts: int = 1) -> None:
        """Write one file of so many rows, in one of the equal parts of a day."""
        again = round(rows * self.repeated)
        new = rows - again
        rng = self.rng
        agent = np.searchsorted(self.busy, rng.random(new)).clip(0, self.agents - 1)
        model = self.models[agent, rng.integers(0, 3, new)]
        kind = np.array([KINDS.index(name[0]) for name in self.names])[model]
        types = [one for name in KINDS for one in TYPES[name]]
        first = np.array([types.index(TYPES[name][0]) for name in KINDS])
        billing_type = first[kind] + np.where(kind == 0, agent % 4, 0)
        midnight = np.datetime64(day, "us").astype("int64")
        length = DAY_US // parts
        time = midnight + part * length + np.sort(rng.integers(0, length, new))
        bad = rng.random(new) < 0.001
        odd = bad & (rng.random(new) < 0.5)
        texts = {
            "billing_type": (billing_type, types),
            "brand": (model, [name[1] for name in self.names]),
            "model": (
                np.where(odd, len(self.names), model),
                [*(name[2] for name in self.names), "No such model"],
            ),
            "org_id": (
                self.organizations[agent],
                [f"org-{number:05}" for number in range(ORGANIZATIONS)],
            ),
            "agent_id": (agent, [f"agent-{number:06}" for number in range(self.agents)]),
        }
        quantities = {
            "input_tokens": ((kind == 0) | (kind == 3) | (kind == 4), 8000),
            "output_tokens": (kind == 0, 2000),
            "audio_ms": (kind == 1, 600_000),
            "characters": (kind == 2, 5000),
        }
        frame = pl.DataFrame(
            {"high": rng.integers(0, 2**62, new), "event_time": time}
            | {
                column: pl.Series(values).gather(pl.Series(codes))
                for column, (codes, values) in texts.items()
            }
            | {
                column: pl.select(
                    pl.when(pl.Series(measured)).then(
                        pl.Series(np.where(bad & ~odd, -1, rng.integers(1, most, new)))
                    )
                ).to_series()
                for column, (measured, most) in quantities.items()
            }
        )
        frame = frame.select(
            event_id=pl.format("{}-{}", "high", pl.int_range(self.number, self.number + new)),
            event_time=pl.from_epoch("event_time", time_unit="us").dt.replace_time_zone("UTC"),
            org_id="org_id",
            billing_type="billing_type",
            brand="brand",
            model="model",
            key_mode=pl.lit("platform"),
            agent_id="agent_id",
            status=pl.lit(None, pl.String),
            **{column: pl.col(column) for column in quantities},
            requests=pl.lit(None, pl.Int64),
            stored_tokens=pl.lit(None, pl.Int64),
        )
        self.number += new
        twice = rng.choice(new, again, replace=False)
        frame[np.sort(np.concatenate([np.arange(new), twice]))].write_parquet(
            path, compression="snappy", row_group_size=250_000, use_pyarrow=False
        )


def write_day(
    folder: Path, events: int, files: int, agents: int = AGENTS, repeated: float = 0.01
) -> Path:
    """Write one date's logs in so many files, this share of the rows twice; return the folder."""
    aside(_write_day, folder, events, files, agents, repeated)
    return folder


def _write_day(folder: Path, events: int, files: int, agents: int, repeated: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(agents, repeated=repeated)
    for part in range(files):
        writer.write(folder / f"{part:05}.parquet", events // files, part=part, parts=files)


def aside(made: Callable[..., None], *given: object) -> None:
    """Call in a process of its own: what is measured later is forked from one that stayed small,
    whose memory would else count as its own."""
    process = get_context("spawn").Process(target=made, args=given)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(f"{made.__name__} ended with {process.exitcode}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    write_day(options.to, options.events, options.files)


if __name__ == "__main__":
    main()
