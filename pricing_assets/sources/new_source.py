"""A source to edit, made from a log file's own fields.

Values of fields are never written: a log may hold prompts.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.sources import catalog, csv_rows, raw_files
from pricing_assets.sources.source import FORMATS

MOST_FIELDS: Final = 200
_LIKELY: Final = {
    "event_id": r"(^|\.)(request_?id|event_?id|id|uuid)$",
    "event_time": r"(^|\.)(event_?time|timestamp|start_?time|created(_at)?|time)$",
    "org_id": r"(^|\.)(org(anization)?_?id|tenant(_?id)?|team_id|customer(_?id)?)$",
    "model": r"(^|\.)(model|model_name|model_id)$",
    "brand": r"(^|\.)(brand|provider|vendor|system)$",
    "input_tokens": r"(^|\.)(input_tokens|prompt_tokens)$",
    "output_tokens": r"(^|\.)(output_tokens|completion_tokens)$",
}
"""What the field of a column is likely to be called."""


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
    raw = raw_files.recognize(file, FORMATS)
    fields = list(_fields(raw))
    if not fields:
        raise ConfigurationError(f"{file} holds no record to make a source of")
    listed = [f"#   {path:<50} {kind}" for path, kind in fields[:MOST_FIELDS]]
    fits = catalog.fits(file)
    if fits:
        text = (catalog.FOLDER / f"{fits[0].source.name}.toml").read_text(encoding="utf-8")
        head = f"# {name}: a copy of the preset {fits[0].source.name}, to edit.\n"
    else:
        text = _guess(raw.format, [path for path, _ in fields])
        head = f"# {name}: a first guess, to edit. Check each line against your log.\n"
    fields_text = "\n".join(["# Fields of the file, and the type of the first value:", *listed])
    target.write_text(f"{head}{fields_text}\n\n{text}", encoding="utf-8")


def _guess(form: str, fields: list[str]) -> str:
    """Return a source by the names of fields; what is not found is a constant to be replaced."""
    lines = [f'format  = "{form}"', "", "[skip]", '# failed = { path = "status", is = ["error"] }']
    lines += ["", "[columns]"]
    for column, pattern in _LIKELY.items():
        path = next((one for one in fields if re.search(pattern, one, re.IGNORECASE)), None)
        if column == "event_time":
            zone = '  # edit: or epoch = "s" (ms, us, ns) where it is a number'
            lines.append(f'event_time = {{ path = "{path or "EDIT"}", zone = "UTC" }}{zone}')
        elif path is not None:
            lines.append(f'{column} = {{ path = "{path}" }}')
        elif column in ("event_id", "org_id"):
            lines.append(f'{column} = {{ path = "EDIT" }}')
    lines.append('billing_type = { const = "llm_text_chat" }  # edit: or path and map')
    lines.append('key_mode = { const = "platform" }')
    return "\n".join(lines) + "\n"


def _fields(raw: raw_files.RawFile) -> Iterator[tuple[str, str]]:
    """Yield the paths of a file's first records and the type of the first value of each."""
    if raw.format == "parquet":
        import pyarrow.parquet as pq

        yield from ((field.name, str(field.type)) for field in pq.read_schema(raw.path))
        return
    if raw.format == "csv":
        header, _ = next(csv_rows.rows_of(raw))
        yield from ((name, "text") for name in header)
        return
    found: dict[str, str] = {}
    for documents in raw_files.documents(raw):
        for text in documents[:100].to_pylist():
            try:
                document = json.loads(text)
            except (TypeError, ValueError):
                continue
            for record in document if isinstance(document, list) else [document]:
                for path, kind in _paths(record):
                    if found.get(path, "null") == "null":
                        found[path] = kind
        break
    yield from found.items()


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            step = key if re.fullmatch(r'[^."\[\]\s]+', key) else f'"{key}"'
            yield from _paths(inner, f"{path}.{step}" if path else step)
    elif path:
        kinds = {dict: "object", list: "array", str: "text", bool: "true or false", int: "integer"}
        yield path, "null" if value is None else kinds.get(type(value), "number")
