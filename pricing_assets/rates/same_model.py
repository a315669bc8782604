"""Whether two spellings name one model: they differ by nothing that could be another price.

A provider's prefix, a date or snapshot, a context suffix, separators and the order of words may
differ; version numbers and every other word must be equal. What is made of it, and the guess
that only asks a person, belong to `lookup`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pricing_assets.contract.names import fold
from pricing_assets.rates.routes import family_of, without_route

_CONTEXT = re.compile(
    r"[-_ :]((?:4|8|16|32|64|96|100|128|131|160|192|200|250|256|262|272|400|500|512|1000|1024)k"
    r"|(?:1|2|4|5|10)m)$"
)
_SNAPSHOT = re.compile(r"[-_ @](\d{4}-\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|latest|default)$")
_GOOGLE_SNAPSHOT = re.compile(r"(?<=[a-z\d])[-@](00\d)$")
_REVISION = re.compile(r"-v(\d+)(:\d+)?(?=$|:\d+k$)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_WORD_AND_NUMBER = re.compile(r"([^\W\d_]{3,})v?(\d+(?:\.\d+)*|\d+[^\W\d_])")
_REASONING = re.compile(r"o\d")
"""OpenAI's models o1, o3 and o4; 4o is another."""
_SIZE = re.compile(r"(\d+x)?\d+(\.\d+)?b")
"""Parameters of a model, like 8b and 8x7b."""


@dataclass(frozen=True)
class Spelling:
    """A model's name in parts: sorted words and version numbers, which make the model, and what
    may be left out of it: context and snapshot ('' where the name says none)."""

    words: tuple[str, ...]
    versions: tuple[str, ...]
    context: str
    snapshot: str

    def same(self, other: "Spelling") -> bool:
        """Return whether both name one model: nothing that both say differs."""
        return (
            (self.words, self.versions) == (other.words, other.versions)
            and (self.context == other.context or "" in (self.context, other.context))
            and (self.snapshot == other.snapshot or "" in (self.snapshot, other.snapshot))
        )


def spelling(brand: str, name: str) -> Spelling | None:
    """Return the parts of a name; None where its route is unknown, or is of another brand.

    >>> spelling("Anthropic", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    Spelling(words=('claude', 'sonnet'), versions=('4.5',), context='', snapshot='20250929')
    """
    text = without_route(fold(brand), fold(name))
    if text is None:
        return None
    text = _REVISION.sub(_revision, text)
    text, context, snapshot = _without_suffixes(text)
    words, versions = _parts(text)
    family = {fold(brand), family_of(fold(brand))}
    if len(words) + len(versions) > 1 and words and words[0] in family:
        words = words[1:]
    if len(words) > 1 and words[0] == "gpt" and _REASONING.fullmatch(words[1]):
        words = words[1:]  # the page prints GPT-o4-mini, which OpenAI calls o4-mini
    has_version = bool(versions) or any(
        re.search(r"\d", word) and not _SIZE.fullmatch(word) for word in words
    )
    if snapshot and not has_version:
        # Without another version the snapshot is the version: mistral-large-2407, qwen-max-latest.
        words, snapshot = [*words, snapshot], ""
    return Spelling(tuple(sorted(words)), tuple(versions), context, snapshot)


def find_same(brand: str, name: str, printed: Iterable[str]) -> str | None:
    """Return the one printed name of the brand that names the same model; None where there is
    none, or where several could be meant and none of them says the same context and snapshot."""
    matches = find_alike(brand, name, printed)
    if len(matches) > 1:
        logged = spelling(brand, name)
        matches = [one for one in matches if spelling(brand, one) == logged]
    return matches[0] if len(matches) == 1 else None


def find_alike(brand: str, name: str, printed: Iterable[str]) -> list[str]:
    """Return the printed names of the brand that may name the same model: several where they differ
    by a context or snapshot that the name does not say."""
    logged = spelling(brand, name)
    if logged is None or not (logged.words or logged.versions):
        return []
    spelled = {one: spelling(brand, one) for one in printed}
    return [one for one, parts in spelled.items() if parts and parts.same(logged)]


def _revision(match: re.Match[str]) -> str:
    """Drop Bedrock's revision, `-v1:0`; a higher one only after a date: else it is a version."""
    dated = re.search(r"-\d{8}$", match.string[: match.start()])
    is_revision = dated or (match[1] == "1" and (match[2] or "claude" in match.string))
    return "" if is_revision else match[0]


def _without_suffixes(text: str) -> tuple[str, str, str]:
    """Return the name without context and snapshot, and these."""
    context = snapshot = ""
    while True:
        if not context and (match := _CONTEXT.search(text)) is not None:
            context = match[1]
        elif not snapshot and (match := _SNAPSHOT.search(text)) is not None and _is_dated(match[1]):
            snapshot = "latest" if match[1] == "default" else match[1].replace("-", "")
        elif (
            not snapshot
            and text.startswith("gemini")
            and (match := _GOOGLE_SNAPSHOT.search(text)) is not None
        ):
            snapshot = match[1]
        else:
            return text, context, snapshot
        text = text[: match.start()]


def _is_dated(text: str) -> bool:
    """Return whether digits are a date as providers write it: 2024-08-06, 20241022, 250615 (year
    first), 0613 (month and day) or 2411 (year and month)."""
    digits = text.replace("-", "")
    if not digits.isdecimal():
        return True
    if len(digits) == 4:
        first, second = int(digits[:2]), int(digits[2:])
        if digits == "1024":
            return False  # dimensions, far more often than a day
        return (1 <= first <= 12 and 1 <= second <= 31) or (22 <= first <= 39 and second <= 12)
    digits = digits if len(digits) == 8 else f"20{digits}"
    try:
        return 2019 <= date.fromisoformat(digits).year <= 2039
    except ValueError:
        return False


def _parts(text: str) -> tuple[list[str], list[str]]:
    """Return words and version numbers, in order: `qwen2-5-vl` is qwen, vl and 2.5."""
    text = re.sub(r"(?<![^\W_])v(\d+)p(\d+)(?![^\W_])", r"\1.\2", text)
    parts: list[str] = []
    for token in re.split(r"[\s\-_:@,]+|(?<!\d)\.|\.(?!\d)", text):
        glued = _WORD_AND_NUMBER.fullmatch(token)
        parts += (
            list(glued.groups())
            if glued
            else [token.removeprefix("v")]
            if re.fullmatch(rf"v{_NUMBER.pattern}", token)
            else [token]
        )
    words: list[str] = []
    versions: list[str] = []
    joins = False
    for part in filter(None, parts):
        if not _NUMBER.fullmatch(part):
            words.append(part)
            joins = False
            continue
        is_plain = len(part) <= 2 and (part == "0" or not part.startswith("0"))
        if joins and is_plain:
            versions[-1] += f".{part}"
        else:
            versions.append(part)
        joins = is_plain
    return words, [re.sub(r"(\.0)+$", "", version) for version in versions]
