"""A folder of grants as a whole: read, and refused where a line breaks a rule.

What a line may hold belongs to `reading`, what lines may not say beside each other to `plans`.
"""

from pathlib import Path

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.ledger.inputs import CreditLines
from pricing_assets.ledger.plans import contradictions
from pricing_assets.ledger.reading import read_lines
from pricing_assets.rates.findings import Finding


class CreditsError(ConfigurationError):
    """A folder of grants breaks rules; `findings` lists each one as `file:line: message`."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))


def read(folder: Path) -> tuple[CreditLines, list[Finding]]:
    """Return the lines that can be read, and every broken rule."""
    inputs, findings = read_lines(folder)
    # what lines say beside each other follows from what each says alone
    return inputs, findings or contradictions(inputs)


def load(folder: Path) -> CreditLines:
    """Return what a folder of grants holds; CreditsError where a line breaks a rule."""
    inputs, findings = read(folder)
    if findings:
        raise CreditsError(findings)
    return inputs
