"""`make focus`: the official FOCUS validator on the sample's month, a late file booked in it.

It runs in an environment of its own. Its exit code says nothing, so its result file is read.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq

APPLICABLE = (
    *("ACCOUNT_NAMING_SUPPORTED", "MULTIPLE_PRICING_CATEGORIES_SUPPORTED"),
    *("MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED", "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED"),
    *("NEGOTIATED_PRICING_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED", "UNIT_PRICING_SUPPORTED"),
    *("USAGE_MEASUREMENT_SUPPORTED", "SUB_ACCOUNT_SUPPORTED", "VIRTUAL_CURRENCY_SUPPORTED"),
    *("PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED", "TAGGING_SUPPORTED"),
)
"""What the platform has; no regions, reservations, commitments or provisioned resources."""
CONTRADICTION = "InvoiceId-C-005-C"
"""InvoiceId-C-004-C demands null on every row, this rule a value on every row."""


def exported(folder: Path) -> Path:
    """The sample's February with one date closed and a late row of it booked on the next."""
    inbox = folder / "inbox"
    inbox.mkdir()
    at = 1_770_030_000_000_000  # 2026-02-02 11:00 UTC
    row = {
        "event_id": ["late"],
        "event_time": pa.array([at], pa.timestamp("us", "UTC")),
        "org_id": ["tern-airways"],
        "agent_id": ["late"],
        "billing_type": ["llm_text_chat"],
        "brand": ["OpenAI"],
        "model": ["GPT-4.1-1M"],
        "key_mode": ["platform"],
        "input_tokens": [1234],
    }
    pq.write_table(pa.table(row), inbox / "late.parquet")
    home = ("--home", str(folder / "home"))
    for arguments in (
        ("run", "--sample", *home),
        ("close", "--through", "2026-02-02", "--reason", "invoiced", *home),
        ("run", "--logs", str(inbox), *home),
        ("export", "2026-02", "--to", str(folder / "out"), *home),
    ):
        command = [sys.executable, "-m", "pipelines.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"creditmill {' '.join(arguments)}: {done.stderr[-2000:]}")
    return folder / "out" / "2026-02" / "0001" / "focus.parquet"


def validated(python: Path, file: Path, result: Path) -> None:
    """Run the validator of this environment; it looks for its own files where it is installed."""
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    done = subprocess.run(
        [
            *(python.with_name("focus-validator"), "--data-file", file, "--block-download"),
            *("--validate-version", "1.2", "--focus-dataset", "CostAndUsage"),
            *("--applicability-criteria", ",".join(APPLICABLE)),
            *("--output-type", "unittest", "--output-destination", result),
        ],
        cwd=where,
        capture_output=True,
        text=True,
    )
    if not result.is_file():
        sys.exit(f"the validator left no result:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def verdict(result: Path) -> tuple[int, int, list[str]]:
    """Rules that passed, rules that were not run, and the names of those that failed."""
    passed, skipped, failed = 0, 0, []
    for case in ET.parse(result).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed.append(case.attrib["name"].partition(" ")[0])
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return passed, skipped, failed


def main(python: Path) -> int:
    """0 where nothing failed but the rule that contradicts another."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.xml"
        file = exported(Path(folder))
        kinds = set(pq.read_table(file, columns=["ChargeCategory"])[0].to_pylist())
        if kinds != {"Usage", "Purchase", "Adjustment"}:
            sys.exit(
                f"{file} has rows of {', '.join(sorted(kinds))} only: the sample's ledger is away"
            )
        validated(python, file, result)
        passed, skipped, failed = verdict(result)
    unexpected = [name for name in failed if name != CONTRADICTION]
    print(f"FOCUS 1.2: {passed} rules hold, {skipped} do not apply or are not checked by it")
    for name in failed:
        known = " (contradicts InvoiceId-C-004-C, which holds)" if name == CONTRADICTION else ""
        print(f"failed: {name}{known}")
    if not passed or unexpected:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
