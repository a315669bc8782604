"""What raw logs cost: mapping LiteLLM's records beside `json.loads` in a loop, and 10,000 files of one
record each beside one file of the same records.

    python benchmarks/sources.py --records 100000 --files 10000
"""

import argparse
import gzip
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
FEW = 100
"""Records of the file by which the cost of starting is known: modules, DuckDB, the statement's plan."""


def record(number: int) -> dict[str, object]:
    """Return a call as LiteLLM's S3 logger writes it where bodies are not logged, as most do."""
    prompt, completion = 1000 + number % 500, 1 + number % 300
    start = round(1770020102.118402 + number / 10, 6)
    usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    return {
        "id": f"chatcmpl-{number:08d}",
        "trace_id": f"tr-{number:08d}",
        "call_type": "acompletion",
        "stream": True,
        "response_cost": 0.00477,
        "cost_breakdown": {
            "input_cost": 0.002862,
            "output_cost": 0.001908,
            "total_cost": 0.00477,
            "tool_usage_cost": 0.0,
        },
        "status": "success",
        "custom_llm_provider": "openai",
        "total_tokens": prompt + completion,
        **usage,
        "startTime": start,
        "endTime": start + 1.734911,
        "completionStartTime": start + 0.310026,
        "response_time": 1.734911,
        "model": "gpt-4.1-mini",
        "model_id": "e7c9b2",
        "model_group": "gpt-4.1-mini",
        "api_base": "https://api.openai.com",
        "metadata": {
            "user_api_key_hash": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
            "user_api_key_alias": "sup-bot",
            "user_api_key_team_id": "team_cs",
            "user_api_key_org_id": f"org-{number % 40}",
            "user_api_key_user_id": "u-17",
            "user_api_key_team_alias": None,
            "user_api_key_end_user_id": None,
            "requester_metadata": {},
            "spend_logs_metadata": None,
            "usage_object": {
                **usage,
                "total_tokens": prompt + completion,
                "prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
            "mcp_tool_call_metadata": None,
        },
        "cache_hit": None,
        "cache_key": None,
        "saved_cache_cost": 0.0,
        "request_tags": ["agent:helpdesk", "env:prod"],
        "end_user": None,
        "requester_ip_address": None,
        "messages": None,
        "response": None,
        "model_parameters": {"temperature": 0.2},
        "hidden_params": {},
        "error_str": None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=10_000)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [json.dumps(record(number)) for number in range(asked.records)]
        few, raw = folder / "few.jsonl", folder / "calls.jsonl"
        for file, some in ((few, lines[:FEW]), (raw, lines)):
            file.write_text("\n".join(some) + "\n")
        packed = [file.with_suffix(".gz") for file in (few, raw)]
        for file, target in zip((few, raw), packed, strict=True):
            target.write_bytes(gzip.compress(file.read_bytes()))
        (loads_start, loads), (maps_start, maps), (unpacks_start, unpacks) = (
            [
                min(measured([sys.executable, "-c", script, str(file)]).cpu for _ in range(3))
                for file in files
            ]
            for script, files in ((LOADS, (few, raw)), (MAP, (few, raw)), (MAP, packed))
        )
        size = raw.stat().st_size / 1e6
        print(f"{asked.records:,} records of {size:,.0f} MB: mapped in {maps:.2f} CPU s,", end=" ")
        print(
            f"{maps_start:.2f} of it to start; json.loads {loads:.2f}, {loads_start:.2f} to start;"
        )
        print(f"without starting {(maps - maps_start) / (loads - loads_start):.2f} x,", end=" ")
        print(f"compressed by gzip {(unpacks - unpacks_start) / (loads - loads_start):.2f} x")
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
