"""What raw logs cost: mapping LiteLLM's records beside `json.loads` in a loop, and 10,000 files of one
record each beside one file of the same records.

    python benchmarks/sources.py --records 100000 --files 10000
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import creditmill, machine, measured

LOADS = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"
MAP = """
import sys
from pathlib import Path
from pricing_assets.db import connection as duck
from pricing_assets.sources import packing
from pricing_assets.sources.kept import kept_for
raw = Path(sys.argv[1])
log = packing.Raw("0" * 64, raw)
packing.pack([log], kept_for("litellm_s3", raw.parent), raw.parent, duck.Limits(threads=1))
"""
NOTHING = "import duckdb, pyarrow.parquet, pricing_assets.sources.packing"


def record(number: int, text: str) -> dict[str, object]:
    """Return a call as LiteLLM's S3 logger writes it, with its prompt."""
    return {
        "id": f"chatcmpl-{number:08d}",
        "call_type": "acompletion",
        "status": "success",
        "startTime": 1770020102.118402 + number / 10,
        "endTime": 1770020104.5,
        "custom_llm_provider": "openai",
        "model": "gpt-4.1-mini",
        "prompt_tokens": 1000 + number % 500,
        "completion_tokens": number % 300,
        "total_tokens": 1000 + number % 500 + number % 300,
        "cache_hit": None,
        "end_user": "",
        "messages": [{"role": "user", "content": text}],
        "response": {"choices": [{"message": {"role": "assistant", "content": text[:200]}}]},
        "metadata": {
            "user_api_key_org_id": f"org-{number % 40}",
            "user_api_key_team_id": "team",
            "usage_object": {"prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0}},
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=10_000)
    asked = parser.parse_args()
    text = ("What does the contract say of 'late' usage, and of \\ a path? " * 11)[:640]
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = folder / "calls.jsonl"
        lines = [json.dumps(record(number, text)) for number in range(asked.records)]
        raw.write_text("\n".join(lines) + "\n")
        start = measured([sys.executable, "-c", NOTHING]).cpu
        loads = measured([sys.executable, "-c", LOADS, str(raw)]).cpu
        maps = measured([sys.executable, "-c", MAP, str(raw)]).cpu - start
        size = raw.stat().st_size / 1e6
        print(f"{asked.records:,} records of {size:,.0f} MB: mapped in {maps:.2f} CPU s,", end=" ")
        print(f"json.loads {loads:.2f}: {maps / loads:.2f} x")
        inboxes = folder / "one", folder / "many"
        for inbox in inboxes:
            inbox.mkdir()
        (inboxes[0] / "calls.jsonl").write_text("\n".join(lines[: asked.files]) + "\n")
        for number, line in enumerate(lines[: asked.files]):
            (inboxes[1] / f"{number}.json").write_text(line)
        one, many = (
            creditmill(
                *("run", "--logs", inbox, "--source", "litellm_s3", "--no-pages"),
                *("--home", folder / f"home-{inbox.name}", "--quarantine-limit", 1),
                fails=True,
            ).cpu
            for inbox in inboxes
        )
        print(f"{asked.files:,} records: one file {one:.1f} CPU s,", end=" ")
        print(f"a file each {many:.1f}: {many / one:.1f} x")


if __name__ == "__main__":
    main()
