"""The words of the pages: each phrase that a script or a template has is in `words.json`, in every language."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pricing_assets.contract import billing, customer_words
from pricing_assets.pages import assets

TEMPLATES = Path(assets.__file__).parent / "templates"
WORDS: dict[str, dict[str, str]] = json.loads(
    (TEMPLATES / "words.json").read_text(encoding="utf-8")
)
OPERATORS = ("index.js", "index_period.js", "index.html")
"""Of the operator's page, whose words are English."""


def literals(script: str) -> list[str]:
    """The phrases of a script: t`…` with each value as {}, and what `count` says of one and of many."""
    found = []
    for start in re.finditer(r"(?<![\w$.])t`", script):
        text, place, depth = "", start.end(), 0
        while script[place] != "`" or depth:
            if script.startswith("${", place) and not depth:
                text, depth, place = text + "{}", 1, place + 2
                while depth:
                    if script[place] == "`":  # a phrase within: it is found by itself
                        place = _end_of(script, place + 1)
                    depth += {"{": 1, "}": -1}.get(script[place], 0)
                    place += 1
                continue
            text += script[place]
            place += 1
        found.append(text)
    for one, many in re.findall(r'count(?:Of)?\([^"`]*?"([a-z ]+)"(?:, "([a-z ]+)")?\)', script):
        found += [one, many or f"{one}s"]
    return found


def _end_of(script: str, place: int) -> int:
    """Where a template within a template ends."""
    while script[place] != "`":
        if script.startswith("${", place):
            depth, place = 1, place + 2
            while depth:
                if script[place] == "`":
                    place = _end_of(script, place + 1)
                depth += {"{": 1, "}": -1}.get(script[place], 0)
                place += 1
        else:
            place += 1
    return place


class Texts(HTMLParser):
    """The texts and labels of a template."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "aria-label" and value]

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if re.search("[A-Za-z]{2}", text):
            self.found.append(text)


def of_template(html: str) -> list[str]:
    texts = Texts()
    for part in re.findall(
        r"\{[{%] .*?parts\.(?:card|figures|chart)\((.*?)\) [%}]\}|in (\[.*\]) %", html
    ):
        texts.found += [
            one for one in re.findall(r'"([^"]*)"', "".join(part)) if re.search("[A-Z]", one)
        ]
    texts.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "{}", html))
    return [one for one in texts.found if "{}" not in one]


def needed() -> set[str]:
    found: set[str] = set()
    for file in TEMPLATES.glob("*.js"):
        if file.name not in OPERATORS:
            found |= set(literals(file.read_text(encoding="utf-8")))
    for name in ("organization.html", "parts.html"):
        found |= set(of_template((TEMPLATES / name).read_text(encoding="utf-8")))
    found |= set(customer_words.MEANING.values())
    for name in billing.BILLING_TYPES:
        words = [
            {"llm": "LLM", "asr": "ASR", "tts": "TTS"}.get(word, word) for word in name.split("_")
        ]
        found.add(" ".join([words[0][0].upper() + words[0][1:], *words[1:]]))
    return {one for one in found if re.search("[A-Za-z]{2}", one)}


def test_every_phrase_has_its_words_and_none_is_left_over() -> None:
    for language, words in WORDS.items():
        missing = needed() - set(words)
        assert missing == set(), (language, missing)
        assert set(words) - needed() - set(UNITS) == set(), language


UNITS = (
    *(
        "input tokens",
        "output tokens",
        "image tokens",
        "audio, ms",
        "characters",
        "requests",
        "stored tokens",
    ),
    *(
        "1K tokens",
        "1K characters",
        "minute",
        "request",
        "1K tokens a day",
        "cached",
        "cache write",
    ),
    *("offered", "not offered", "no rate", "active", "expired", "voided", "used up", "pending"),
)
"""Said of data: meters and their units, states of grants and prices."""


@pytest.mark.parametrize("language", WORDS)
def test_a_phrase_keeps_its_values_in_every_language(language: str) -> None:
    for phrase, said in WORDS[language].items():
        assert said.count("{}") == phrase.count("{}"), phrase
        assert said.strip() != phrase.strip() or not re.search("[a-z]{3}", phrase), phrase
