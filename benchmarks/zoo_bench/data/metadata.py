"""Label tables beside images: metadata.jsonl and metadata.csv as in a Hugging Face imagefolder, read line by line.

Names in a table are only looked up among the images that were found, never opened, so that a table cannot point outside.
"""

from __future__ import annotations

import csv
import json
import math
import posixpath
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.images import Skipped

NAMES = ("metadata.jsonl", "metadata.csv")  # in order of preference
MOST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Row:
    """What a table says of one image: fields with their values as text, missing values left out; and its split."""

    fields: Mapping[str, str]
    split: str | None


def read(root: Path, table: str, images: Container[str], skipped: list[Skipped]) -> dict[str, Row]:
    """The rows of the table at `root / table`, by the image's name relative to `root`.

    Names in the table are relative to its own folder. Lines that are broken, name no image or name one again are added to
    `skipped`. Fields that hold a list or an object in any line are left out.
    """
    rows: dict[str, Row] = {}
    nested: set[str] = set()
    folder = posixpath.dirname(table)
    lines = _jsonl if table.endswith(".jsonl") else _csv
    try:
        if (root / table).stat().st_size > MOST_BYTES:
            raise OSError(0, f"larger than {MOST_BYTES // 2**20} MiB")
        for number, record in lines(root / table):
            problem, name = _problem(record, folder, images)
            if not problem and name in rows:
                problem = f"names {name} again"
            if problem:
                skipped.append(Skipped(f"{table}:{number}", problem))
                continue
            nested |= {field for field, value in record.items() if isinstance(value, list | dict)}
            said = {field: text for field, value in record.items() if (text := _text(value)) is not None}
            split = said.pop("split", None)
            said.pop("file_name")
            rows[name] = Row(said, split)
    except OSError as error:
        skipped.append(Skipped(table, f"cannot be read: {error.strerror}"))
    except csv.Error as error:
        skipped.append(Skipped(table, f"the rest cannot be read: {error}"))
    if nested:
        rows = {name: Row({k: v for k, v in row.fields.items() if k not in nested}, row.split) for name, row in rows.items()}
    return rows


def order(values: Iterable[str]) -> list[str]:
    """Values in order: as numbers if all are finite numbers, else as text."""
    values = list(values)
    try:
        numbers = {value: float(value) for value in values}
    except ValueError:
        return sorted(values)
    if not all(map(math.isfinite, numbers.values())):
        return sorted(values)
    return sorted(values, key=lambda value: (numbers[value], value))


def _problem(record: Any, folder: str, images: Container[str]) -> tuple[str, str]:
    """(what is wrong with the line or nothing, the image it names)."""
    if isinstance(record, Exception):
        return f"not a line of JSON: {type(record).__name__}", ""
    if not isinstance(record, dict):
        return "not a JSON object", ""
    given = record.get("file_name")
    if not isinstance(given, str) or not given:
        return "has no file_name", ""
    for spelling in (given, given.replace("\\", "/")):
        name = posixpath.normpath(posixpath.join(folder, spelling))
        if posixpath.isabs(name) or name.split("/")[0] == "..":
            return f"names a file outside the folder: {given[:80]!r}", ""
        if name in images:
            return "", name
    return f"names no image of the folder: {given[:80]!r}", ""


def _text(value: Any) -> str | None:
    """A label value as text; None for missing ones and for what cannot be a label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}" if math.isfinite(value) else None
    if isinstance(value, int):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def _jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                try:
                    yield number, json.loads(line.decode("utf-8"))
                except (ValueError, RecursionError) as error:
                    yield number, error


def _csv(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        reader = csv.DictReader(stream)
        for record in reader:
            yield reader.line_num, {field: value for field, value in record.items() if isinstance(field, str)}
