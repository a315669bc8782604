"""The ledger of a home by one folder of grants, as a run over the home keeps it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.ledger import folder, found, publish
from pricing_assets.ledger.behind import digest_to_come
from pricing_assets.ledger.inputs import CreditLines
from pricing_assets.ledger.publish import Outcome


@dataclass
class ByGrants:
    """The ledger of a home by the folder `credits` (None: no grants are named, nothing is done).

    `at_first_open` is whether lines that are dated into closed dates count on the first open one,
    `outcome` what became of the ledger so far.
    """

    home: Home
    credits: Path | None
    at_first_open: bool = False
    outcome: Outcome = field(default_factory=Outcome)

    @cached_property
    def lines(self) -> CreditLines | None:
        """What the folder holds; None where none is named. CreditsError where a line breaks a rule."""
        return None if self.credits is None else folder.load(self.credits)

    def require_usable(self) -> None:
        """Raise ConfigurationError where the ledger could not go by the folder."""
        if self.lines is not None:
            found.look(self.home, self.lines, at_first_open=self.at_first_open)

    def to_come(self) -> str | None:
        """Return the digest of the ledger that a run would leave; None where it is up to date or no
        grants are named. ConfigurationError where the ledger could not go by the folder."""
        return None if self.lines is None else digest_to_come(self.home, self.lines)

    def bring_up_to_date(self, limits: duck.Limits, progress: Callable[[str], None]) -> Outcome:
        """Bring balances up to date with what is reported; returns what became of them in this
        call, with all dates that were published so far. CreditmillError where a check of them is
        broken: then nothing of them is published."""
        if self.lines is None:
            return self.outcome
        new = publish.bring_up_to_date(
            self.home,
            self.lines,
            at_first_open=self.at_first_open,
            limits=limits,
            progress=progress,
        )
        publish.require_sound(new)
        new.published = sorted({*self.outcome.published, *new.published})
        self.outcome = new
        return new
