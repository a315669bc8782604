"""How `grants check` shows what the linter found; what is found is decided by `lint.grants`."""

from itertools import groupby
from pathlib import Path

from pipelines.cli import output
from pricing_assets.lint.grants import RULES, CheckedCredits
from pricing_assets.lint.linter import SEVERITIES

STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def show(folder: Path, checked: CheckedCredits, *, as_json: bool) -> int:
    """Print every finding, worst first; return 1 where any is an error."""
    inputs = checked.inputs
    held = {"grants": inputs.grants, "voids": inputs.voids, "plans": inputs.plans}
    counts = {severity: checked.count(severity) for severity in SEVERITIES}
    if as_json:
        output.print_json(
            {
                "folder": str(folder),
                "findings": [
                    {
                        "file": str(finding.file),
                        "line": finding.line,
                        "rule": finding.rule,
                        "severity": RULES[finding.rule].severity,
                        "message": finding.message,
                        "why": RULES[finding.rule].why,
                    }
                    for finding in checked.findings
                ],
                "counts": counts,
                **{name: len(lines) for name, lines in held.items()},
            }
        )
        return int(bool(counts["error"]))
    for name, findings in groupby(checked.findings, key=lambda finding: finding.rule):
        rule = RULES[name]
        output.OUT.print(f"[{STYLES[rule.severity]}]{rule.severity}[/] [bold]{name}[/]: {rule.why}")
        for finding in findings:
            output.OUT.print(f"    {output.harmless(finding)}")
    lines = ", ".join(output.counted(len(lines), name[:-1]) for name, lines in held.items())
    found = ", ".join(output.counted(count, name) for name, count in counts.items() if count)
    output.OUT.print(f"{output.harmless(folder)}: {lines}; {found or 'no rule is broken'}.")
    return int(bool(counts["error"]))
