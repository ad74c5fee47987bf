"""Label tables beside images: metadata.jsonl and metadata.csv as in a Hugging Face imagefolder, read line by line.

Names in a table are only looked up among the images that were found, never opened, so that a table cannot point outside.
"""

from __future__ import annotations

import csv
import io
import json
import math
import posixpath
import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoo_core.files import writable

NAMES = ("metadata.jsonl", "metadata.csv")  # in order of preference
MOST_BYTES = 256 * 2**20
MIXTURE = 4  # values that one image may have of one field: `type` of the lists ["fire", "flying"] becomes type1 and type2
SEPARATORS = ";\t|"  # of columns, in tables that are no comma-separated ones


@dataclass(frozen=True)
class Row:
    """What a table says of one image: fields with their values as text, missing values left out; and its split."""

    fields: Mapping[str, str]
    split: str | None


@dataclass
class Table:
    """What was understood of a table, and what was not.

    rows      by the image's name relative to the folder.
    problems  lines that are of no use, by number, and why.
    findings  what is to be said of the table as a whole: "has ...".
    lost      field -> why it is no label.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


def read(root: Path, table: str, images: Collection[str]) -> Table:
    """What the table at `root / table` says of the images, whose names are relative to `root`.

    Names in the table are relative to its own folder. A field that holds short lists of text is a mixture and becomes several
    fields, numbered from 1; one that holds other lists, or objects, is lost. Where no line is understood, the reason is one
    finding and not a problem of each line.
    """
    found, folder = Table(), posixpath.dirname(table)
    records: dict[str, Mapping[str, Any]] = {}
    first: Mapping[str, Any] | None = None
    stems = {posixpath.splitext(name)[0]: name for name in images}
    try:
        text = _text_of(root / table, found.findings)
        for number, record in _jsonl(text) if table.endswith(".jsonl") else _csv(text):
            first = record if first is None and isinstance(record, dict) else first
            problem, name = _problem(record, folder, images, stems)
            if not problem and name in records:
                problem = f"names {name} again"
            if problem:
                found.problems[number] = problem
            else:
                records[name] = record
    except OSError as error:
        found.findings.append(f"cannot be read: {error.strerror}")
    except csv.Error as error:
        found.findings.append(f"cannot be read to its end: {error}")
    if found.problems and not records:
        found.findings.append(_not_understood(text, first, found.problems))
        found.problems = {}
    mixtures = _mixtures(records.values(), found.lost)
    for name, record in records.items():
        said = dict(_fields(record, mixtures, found.lost))
        split = said.pop("split", None)
        said.pop("file_name")
        found.rows[name] = Row(said, split)
    return found


def _text_of(path: Path, findings: list[str]) -> str:
    """The text of a table: UTF-8, UTF-16 as spreadsheets write it, or else Windows-1252, and then that is said."""
    if path.stat().st_size > MOST_BYTES:
        raise OSError(0, f"larger than {MOST_BYTES // 2**20} MiB")
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if path.suffix == ".jsonl":  # by its definition UTF-8: a line that is not is no line of it
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.append(
            f"is no UTF-8 (byte {error.start + 1:,}) and was read as Windows-1252: save it as UTF-8 if letters come out wrong"
        )
        return data.decode("cp1252", "replace")


def _not_understood(text: str, first: Mapping[str, Any] | None, problems: Mapping[int, str]) -> str:
    """Why not a single line could be used, and what to do."""
    if text.lstrip()[:1] == "[":
        return "is one JSON array: write one object a line, without brackets and commas around"
    if first is not None and "file_name" not in first:
        names = [shown(name) for name in first]
        if len(names) == 1 and any(character in str(next(iter(first))) for character in SEPARATORS):
            return f"has the columns {names[0]}: separate them by commas"
        return f"has {', '.join(names[:8]) or 'no fields'} and no file_name: call that of the images' names file_name"
    number, problem = next(iter(problems.items()))
    return f"has no line that can be used ({len(problems):,} in all); line {number} {problem}"


def _mixtures(records: Iterable[Mapping[str, Any]], lost: dict[str, str]) -> dict[str, int]:
    """Fields that hold lists of text -> the most values in one; fields with other lists or objects are added to `lost`."""
    most: dict[str, int] = {}
    for record in records:
        for name, value in record.items():
            if isinstance(value, list) and len(value) <= MIXTURE and all(isinstance(part, str) for part in value):
                most[name] = max(most.get(name, 0), len(value))
            elif isinstance(value, list | dict):
                lost[name] = "holds lists or objects: a label is one text or number for each image"
    mixtures = {name: count for name, count in most.items() if name not in lost and count > 0}
    for name, count in mixtures.items():
        numbered = [typable(f"{name}{place}") for place in range(1, count + 1)]
        lost[name] = f"holds lists, which became {', '.join(numbered)}: type --labels {','.join(numbered)}"
    return mixtures


def _fields(record: Mapping[str, Any], mixtures: Mapping[str, int], lost: Container[str]) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if name in mixtures:
            for place, part in enumerate(value if isinstance(value, list) else [value], 1):
                if (text := _text(part)) is not None:
                    yield typable(f"{name}{place}"), text
        elif name not in lost and (text := _text(value)) is not None:
            yield typable(name), text


def plain(text: str) -> str:
    """Text that can be written: names that are not UTF-8, as old archives leave them, are read as Windows-1252."""
    if writable(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    except UnicodeEncodeError:  # half a pair of UTF-16, out of a JSON escape
        return text.encode("utf-8", "replace").decode()


def typable(name: str) -> str:
    """The name of a field as a label that can be typed: after --labels, = and commas mean something. "hp=max" -> "hp_max"."""
    return re.sub(r"\s*[=,\r\n\t]\s*", "_", plain(name.strip()))


def shown(text: str) -> str:
    """A name out of a table, for a message."""
    return repr(text[:80])


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


def _problem(record: Any, folder: str, images: Collection[str], stems: Mapping[str, str]) -> tuple[str, str]:
    """(what is wrong with the line or nothing, the image it names)."""
    if isinstance(record, UnicodeError):
        return "not a line of JSON in UTF-8", ""
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
    whole = posixpath.basename(stems.get(posixpath.normpath(posixpath.join(folder, given)), ""))
    return f"names no image of the folder: {given[:80]!r}{f'; write {whole} in full' if whole else ''}", ""


def _text(value: Any) -> str | None:
    """A label value as text; None for missing ones and for what cannot be a label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}" if math.isfinite(value) else None
    if isinstance(value, int):
        return str(value)
    return " ".join(plain(value).split()) or None if isinstance(value, str) else None


def _jsonl(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                line.encode()  # raises ValueError for what was no UTF-8
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, error


def _csv(text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for record in reader:
        yield reader.line_num, {field: value for field, value in record.items() if isinstance(field, str)}
