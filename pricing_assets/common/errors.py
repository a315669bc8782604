"""The named errors a reader sees: what is wrong, where, and what to do.

Outcomes of rows do not belong here (`contract.OUTCOMES`); a bug is never turned into one of these.
"""


class CreditmillError(Exception):
    """Something that a user can fix; `exit_code` is what the command ends with."""

    exit_code = 1


class ConfigurationError(CreditmillError):
    """Wrong usage, settings or rate cards: nothing was published (exit 2)."""

    exit_code = 2


class BrokenRules(ConfigurationError):
    """Files that break rules; `findings` lists each one as `file:line: rule: what is wrong`."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        super().__init__("\n".join(findings))


class RateBookError(BrokenRules):
    """A rate book breaks rules."""


class RejectedLog(CreditmillError):
    """A usage log that cannot be ingested whole; `reason` is a word, the message says the rest."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


class HomeFailed(CreditmillError):
    """The disk of the home is full or fails; what was published stays in force."""


class StoreFailed(CreditmillError):
    """A store of objects that does not answer, or breaks off: the same may succeed later."""


class DamagedFile(CreditmillError, ValueError):
    """A file of the home that is not what was written; `verify` names what else is not."""


class DateFailed(CreditmillError):
    """A usage date that cannot be published as it stands, by name."""


class EngineLost(CreditmillError):
    """The engine did not finish, for reasons of its own: the same run may succeed later."""


class DamagedHome(CreditmillError):
    """Something that was in the home is missing, rolled back or replaced; `losses` names each, and
    what restores it. Nothing is published until it is there again."""

    def __init__(self, losses: list[str], shown: int = 20) -> None:
        self.losses = losses
        more = len(losses) - shown
        lines = [*losses[:shown], *([f"and {more:,} more"] if more > 0 else [])]
        lines.append(
            "nothing is published until this is restored; `creditmill restore` does what it can"
        )
        super().__init__("\n".join(lines))
