"""A source to edit, made from a log file's own fields.

Values of fields are never written: a log may hold prompts.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.sources import catalog, csv_rows, paths, raw_files
from pricing_assets.sources.source import FORMATS

MOST_FIELDS: Final = 200
_LIKELY: Final = {
    "event_id": r"(^|\.)(request_?id|event_?id|id|uuid)$",
    "event_time": r"(^|\.)(event_?time|timestamp|start_?time|created(_at)?|time)$",
    "org_id": r"(^|\.)(org(anization)?_?id|tenant(_?id)?|team_id|customer(_?id)?)$",
    "model": r"(^|\.)(model|model_name|model_id)$",
    "brand": r"(^|\.)(brand|provider|vendor|system)$",
    "input_tokens": r"(^|\.)((input|prompt)_?tokens|tokens_?(in|input|prompt)|prompt_?token_?count)$",
    "output_tokens": r"(^|\.)((output|completion)_?tokens|tokens_?(out|output|completion)|candidates_?token_?count)$",
}
"""What the field of a column is likely to be called."""
_TOKENS: Final = {
    "input_tokens": "all tokens of the prompt, those of a cache too; take it away where none are metered",
    "output_tokens": "all tokens of the answer; take it away where none are metered",
}
_BESIDE: Final = {
    "input_tokens": ("cache_read_input_tokens", "cache_creation_input_tokens"),
    "promptTokenCount": ("toolUsePromptTokenCount",),
    "prompt_token_count": ("tool_use_prompt_token_count",),
    "candidatesTokenCount": ("thoughtsTokenCount",),
    "candidates_token_count": ("thoughts_token_count",),
}
"""Fields of tokens, and those beside one that it does not include: of Anthropic and of Gemini."""


def write(name: str, file: Path, target: Path) -> None:
    """Write a source as TOML to edit: the preset that fits the file, or a first guess by the names
    of its fields, with all of them listed. ConfigurationError where the target is there or the file
    holds no record."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigurationError(f"{name} must be lower case, digits and _, like my_gateway")
    if target.exists():
        raise ConfigurationError(f"{target} is there already; name another with --to")
    if not file.is_file():
        raise ConfigurationError(f"{file} is not a file")
    raw, records, fields = fields_of(file)
    listed = [
        f"#   {path if path.isprintable() else json.dumps(path):<50} {kind}"
        for path, kind in fields[:MOST_FIELDS]
    ]
    fits = catalog.fits(file)
    if fits:
        text = (catalog.FOLDER / f"{fits[0].source.name}.toml").read_text(encoding="utf-8")
        head = f"# {name}: a copy of the preset {fits[0].source.name}, to edit.\n"
    else:
        text = _guess(raw.format, records, [path for path, _ in fields])
        head = f"# {name}: a first guess, to edit. Check each line against your log.\n"
    fields_text = "\n".join(["# Fields of the file, and the type of the first value:", *listed])
    target.write_text(f"{head}{fields_text}\n\n{text}", encoding="utf-8")


def fields_of(file: Path) -> tuple[raw_files.RawFile, str, list[tuple[str, str]]]:
    """Return what a file is, the arrays that its records lie in, and its fields with their types.
    ConfigurationError where it holds no record, RejectedLog where it cannot be read."""
    raw = raw_files.recognize(file, FORMATS)
    records, fields = _fields(raw)
    if not fields:
        raise ConfigurationError(f"{file} holds no record to make a source of")
    return raw, records, fields


def _guess(form: str, records: str, fields: list[str]) -> str:
    """Return a source by the names of fields; what is not found is a constant to be replaced."""
    lines = [f'format  = "{form}"']
    lines += [f"records = {_toml(records)}   # their parents are up1, up2"] if records else []
    lines += ["", "[skip]", '# failed = { path = "status", is = ["error"] }']
    lines += ["", "[columns]"]
    readable = [one for one in fields if _is_path(one)]
    for column, pattern in _LIKELY.items():
        path = next((one for one in readable if _is_like(pattern, one)), None)
        if column == "event_time":
            zone = '  # edit: or epoch = "s" (ms, us, ns) where it is a number'
            lines.append(f'event_time = {{ path = {_toml(path or "EDIT")}, zone = "UTC" }}{zone}')
        elif parts := _parts(path, readable):
            listed = ", ".join(map(_toml, parts))
            lines.append(f"{column} = {{ sum = [{listed}] }}")
        elif path is not None:
            lines.append(f"{column} = {{ path = {_toml(path)} }}")
        elif column in ("event_id", "org_id", "model"):
            lines.append(f'{column} = {{ path = "EDIT" }}')
        elif column in _TOKENS:
            lines.append(f'{column} = {{ path = "EDIT" }}  # edit: {_TOKENS[column]}')
    lines.append('billing_type = { const = "llm_text_chat" }  # edit: or path and map')
    lines.append('key_mode = { const = "platform" }')
    return "\n".join(lines) + "\n"


def _parts(path: str | None, fields: list[str]) -> list[str]:
    """Return a field of tokens with those beside it that it does not include; none where it is the whole."""
    parent, dot, name = (path or "").rpartition(".")
    beside = [f"{parent}{dot}{other}" for other in _BESIDE.get(name, ())]
    found = [one for one in beside if one in fields]
    return [path, *found] if path and found else []


def _toml(path: str) -> str:
    """Return a path as a string of TOML."""
    return f"'{path}'" if '"' in path and "'" not in path else json.dumps(path, ensure_ascii=False)


def _step(name: str) -> str:
    """Return a name as a step of a path, in quotes where it would be read as something else."""
    is_plain = re.fullmatch(r'[^."\[\]\s]+', name) and not re.fullmatch("up[1-9]|join", name)
    return name if is_plain else f'"{name}"'


def _is_path(text: str) -> bool:
    """Return whether a source can read the field of a path: its names hold no quotes and no pattern."""
    try:
        return paths.parse(text).glob is None and text.isprintable() and "\\" not in text
    except paths.BadPath:
        return False


def _is_like(pattern: str, path: str) -> bool:
    """Return whether a field is likely to be what a pattern is of."""
    return re.search(pattern, path.replace('"', ""), re.IGNORECASE) is not None


def _fields(raw: raw_files.RawFile) -> tuple[str, list[tuple[str, str]]]:
    """Return the arrays that a file's records lie in, and the paths of its first records with the type of
    the first value of each."""
    if raw.format == "parquet":
        import pyarrow.parquet as pq

        return "", [(_step(field.name), str(field.type)) for field in pq.read_schema(raw.path)]
    if raw.format == "csv":
        header, _ = next(csv_rows.rows_of(raw))
        return "", [(_step(name), "text") for name in header]
    records, found = "", dict[str, str]()
    for documents in raw_files.documents(raw):
        for text in documents[:100].to_pylist():
            try:
                document = json.loads(text)
            except (TypeError, ValueError):
                continue
            for one in document if isinstance(document, list) else [document]:
                levels = _levels(one)
                records = records or ".".join(name for name, _ in levels[1:])
                for up, (_, value) in enumerate(reversed(levels)):
                    for path, kind in _paths(value):
                        named = f"up{up}.{path}" if up else path
                        if found.get(named, "null") == "null":
                            found[named] = kind
        break
    return records, [*found.items()]


def _levels(document: Any) -> list[tuple[str, Any]]:
    """Return a document and, where it names no tokens, the arrays in it that lead to an object which does,
    each as `name[]` with its first item."""
    here = ("", document)
    if not isinstance(document, dict) or _has_tokens(document):
        return [here]
    for name, items in document.items():
        is_array = isinstance(items, list) and items and isinstance(items[0], dict)
        if is_array and _is_path(_step(name)):
            _, *deeper = _levels(items[0])
            if deeper or _has_tokens(items[0]):
                return [here, (f"{_step(name)}[]", items[0]), *deeper]
    return [here]


def _has_tokens(value: Any) -> bool:
    """Return whether an object names tokens, not in an array in it."""
    names = (_LIKELY["input_tokens"], _LIKELY["output_tokens"])
    return any(_is_like(name, path) for path, _ in _paths(value) for name in names)


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{_step(key)}" if path else _step(key))
    elif path:
        kinds = {dict: "object", list: "array", str: "text", bool: "true or false", int: "integer"}
        yield path, "null" if value is None else kinds.get(type(value), "number")
