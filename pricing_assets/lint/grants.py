"""The linter of a folder of grants: every rule with its severity and reason, and all findings.

Reading the lines, and the rules that stop a run, belong to `ledger.inputs` and `ledger.plans`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pricing_assets.ledger import folder as credits_folder
from pricing_assets.ledger.inputs import CreditLines, Grant, GrantPlan
from pricing_assets.lint import unnamed
from pricing_assets.lint.linter import SEVERITIES, count, rules
from pricing_assets.rates.findings import Finding

RULES: Final = {
    rule.name: rule
    for rule in (
        *rules(
            "error",
            ("missing_folder", "No balance can be shown without the grants."),
            ("missing_file", "Without grants or plans every charge would be overdraft."),
            ("bad_csv", "A file that cannot be read stops every run."),
            ("bad_header", "Columns are taken by their place; another order would mix up amounts."),
            ("bad_width", "A comma too many or too few moves amounts into other columns."),
            ("blank_id", "Balances and voids name a grant and its organization by id."),
            ("duplicate_grant", "Credits of one id would be granted twice."),
            ("duplicate_void", "One void would be taken twice."),
            ("duplicate_plan", "Grants of two plans would have the same ids."),
            ("unknown_kind", "The kind decides which credits burn first, and what is revenue."),
            ("bad_credits", "Any other amount would have to be guessed or rounded."),
            ("bad_usd", "Amounts with more than two decimals cannot match an invoice."),
            (
                "bad_date",
                "A date that can be read in two ways could end credits on the wrong date.",
            ),
            ("ends_before_it_begins", "Such credits could never be burned."),
            ("bad_priority", "The priority decides which credits burn first."),
            (
                "unknown_billing_type",
                "No charge is of such a billing type: credits would not burn.",
            ),
            ("bad_rollover", "It decides when the credits of a plan are gone."),
            ("unknown_grant", "A void of no grant takes nothing back."),
            ("void_without_grant", "Nothing can be taken out of a grant that is not there."),
            ("void_too_large", "A grant would fall below 0."),
            ("refund_too_large", "More than was paid would be given back."),
        ),
        *rules(
            "warning",
            ("paid_for_nothing", "Bought credits without dollars bring no revenue when burned."),
            (
                "promo_with_price",
                "Free credits with dollars are deferred revenue that nobody paid.",
            ),
            ("blank_around_id", "Ids are compared exactly: no organization can use these credits."),
            ("grant_for_nobody", "Under a misspelt id the customer cannot use the credits."),
        ),
    )
}
"""Every rule, in the order in which a folder is looked at."""


@dataclass(frozen=True)
class CheckedCredits:
    """What the linter found: the lines that could be read, and findings worst first."""

    inputs: CreditLines
    findings: tuple[Finding, ...]

    def count(self, severity: str) -> int:
        """Return how many findings are of this severity."""
        return count(self.findings, RULES, severity)


def check(folder: Path, org_ids: Collection[str] = ()) -> CheckedCredits:
    """Return all findings about a folder of grants; `org_ids` are the organizations of a home that
    its grants are held against (none: they are not)."""
    inputs, broken = credits_folder.read(folder)
    found = [*broken, *_odd(inputs, org_ids)]
    places = {name: place for place, name in enumerate(RULES)}
    ordered = sorted(
        found,
        key=lambda one: (
            SEVERITIES.index(RULES[one.rule].severity),
            places[one.rule],
            str(one.file),
            one.line or 0,
        ),
    )
    return CheckedCredits(inputs, tuple(ordered))


def _odd(inputs: CreditLines, org_ids: Collection[str]) -> Iterator[Finding]:
    for grant in inputs.grants:
        if grant.kind == "paid" and not grant.usd_paid:
            yield _finding(grant, "paid_for_nothing", "is paid, and usd_paid is 0")
        if grant.kind == "promo" and grant.usd_paid:
            yield _finding(grant, "promo_with_price", "is promo, and usd_paid is above 0")
    yield from _of_organizations((*inputs.grants, *inputs.plans), org_ids)


def _of_organizations(
    lines: Iterable[Grant | GrantPlan], org_ids: Collection[str]
) -> Iterator[Finding]:
    lines = list(lines)
    messages = unnamed.in_words((line.org_id for line in lines), org_ids)
    for line in lines:
        if line.org_id != line.org_id.strip():
            message = f"is for {line.org_id!r}, with a blank at its end or beginning"
            yield _finding(line, "blank_around_id", message)
        elif line.org_id in messages:
            yield _finding(line, "grant_for_nobody", messages[line.org_id])


def _finding(line: Grant | GrantPlan, rule: str, message: str) -> Finding:
    name = f"grant {line.grant_id!r}" if isinstance(line, Grant) else f"plan {line.plan_id!r}"
    return Finding(line.file, line.line, rule, f"{name} {message}")
