"""Make a small home by the commands of any version of the code, for a test that upgrades it:

    python tests/homes/make.py CODE tests/homes/NAME.tar.xz

where CODE is a folder with that version (`git archive`). The home has versions that were superseded, a
blocked date, quarantine, copies, a closed date with a correction, a withdrawn log and, where the code
knows them, a log of a source and a ledger of credits.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DAY = timedelta(days=1)
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
TEXTS = ("event_id", "org_id", "billing_type", "brand", "model", "key_mode", "agent_id", "status")
QUANTITIES = ("input_tokens", "output_tokens", "requests", "stored_tokens")
SCHEMA = pa.schema(
    [("event_time", pa.timestamp("us", "UTC"))]
    + [(name, pa.string()) for name in (*TEXTS, "knowledge_base_id")]
    + [(name, pa.int64()) for name in QUANTITIES]
)
GRANTS = (
    "grant_id,org_id,kind,credits,usd_paid,effective_date,expires_date,priority,billing_types,"
    "reference\nG1,acme,paid,1,10.00,2026-02-01,2026-03-01,,,\n"
)
RECORD = {
    **{"id": "chatcmpl-1", "call_type": "acompletion", "status": "success", "stream": True},
    **{"custom_llm_provider": "openai", "model": "GPT-4.1-1M", "model_group": "GPT-4.1-1M"},
    **{"prompt_tokens": 1830, "completion_tokens": 212, "total_tokens": 2042},
    **{"startTime": 1770120102.118402, "endTime": 1770120103.5, "response_cost": 0.00477},
    "metadata": {
        "user_api_key_org_id": "acme",
        "usage_object": {"prompt_tokens": 1830, "completion_tokens": 212, "total_tokens": 2042},
    },
}


def row(event_id: str, days: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a row of 1000 input tokens."""
    plain: dict[str, Any] = dict.fromkeys(SCHEMA.names)
    plain |= {"event_id": event_id, "event_time": NOON + days * DAY, "org_id": "acme"}
    plain |= {"billing_type": "llm_text_chat", "brand": "OpenAI", "model": "GPT-4.1-1M"}
    return plain | {"key_mode": "platform", "input_tokens": 1000, "agent_id": "bot"} | changes


def write(path: Path, *rows: dict[str, Any]) -> None:
    """Write a usage log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), path)


FIRST = [
    *(row(f"e{n}", n % 3, agent_id=f"bot {n % 4}", output_tokens=n) for n in range(30)),
    row("e1", 1, agent_id="bot 1", output_tokens=1),
    row("bad", 1, input_tokens=-1),
    row("no price", 1, model="Nobody's"),
    row("e40", 1, event_time=NOON + DAY + timedelta(microseconds=7)),
]
SNAPSHOT: dict[str, Any] = {"billing_type": "knowledge_storage", "brand": None, "model": None}
SNAPSHOT |= {"input_tokens": None, "stored_tokens": 5_000_000, "knowledge_base_id": "kb"}
LATE = [
    *(row(f"late {n}", 1, org_id="other", output_tokens=7) for n in range(5)),
    row("e2", 2, output_tokens=9),
    row("s1", 2, **SNAPSHOT),
    row("s2", 2, **SNAPSHOT | {"stored_tokens": 7, "event_time": NOON + 2.1 * DAY}),
]
BLOCKED = [row(f"b{n}", 4, input_tokens=-1 if n % 2 else 3) for n in range(60)]


def main(code: Path, target: Path) -> None:
    """Make the home, and pack it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inbox, home = folder / "inbox", folder / "home"
        (folder / "credits").mkdir()
        (folder / "credits" / "grants.csv").write_text(GRANTS)

        def run(*words: str) -> None:
            env = os.environ | {"PYTHONPATH": str(code)}
            if (code / "pricing_assets" / "ledger").is_dir():
                env["CREDITMILL_CREDITS"] = "credits"
            command = [sys.executable, "-m", "pipelines.cli", *words, "--home", str(home)]
            ended = subprocess.run(command, cwd=folder, env=env, check=False)
            print("exit", ended.returncode, *words, flush=True)

        write(inbox / "a.parquet", *FIRST)
        run("run", "--logs", "inbox")
        write(inbox / "b.parquet", *LATE)
        write(inbox / "staging.parquet", row("staged", 2, output_tokens=1_000_000))
        run("run", "--logs", "inbox")
        run("close", "--through", "2026-02-01", "--reason", "invoiced")
        run("withdraw", "staging.parquet", "--reason", "staging")
        write(inbox / "c.parquet", row("after all", output_tokens=11), *BLOCKED)
        run("run", "--logs", "inbox")
        if (code / "pricing_assets" / "sources" / "presets").is_dir():
            (folder / "raw").mkdir()
            (folder / "raw" / "1.jsonl").write_text(json.dumps(RECORD) + "\n")
            run("run", "--logs", "raw", "--source", "litellm_s3")
        run("status")
        run("verify", "--recompute")
        for unneeded in (home / "pages", home / "tmp"):
            shutil.rmtree(unneeded, ignore_errors=True)
        with tarfile.open(target, "w:xz", preset=9) as packed:
            packed.add(home, "home", filter=nobodys)


def nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member of the archive that belongs to nobody."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
