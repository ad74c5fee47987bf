"""`zoo list` and `zoo info`: what the installed plugins provide."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from zoo_core.cli import command_name, warn
from zoo_core.errors import ZooError
from zoo_core.hooks import KINDS, PARTS
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, Provided, discover, known_kind
from zoo_core.registry.installed import CORE

FLAGS = ("model", "dataset", *PARTS.values())  # kinds that `zoo bench` takes by a flag of their name


@click.command("list")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: entries and problems.")
def list_command(kind: str | None, as_json: bool) -> None:
    """List what the installed plugins provide, all of it or one KIND."""
    catalog = discover()
    kinds = [known_kind(kind.removesuffix("s"))] if kind else list(KINDS)  # the plural is what the table calls it
    if as_json:
        import json  # a table needs none

        found = [_row(catalog, item) for each in kinds for item in catalog.of(each)]
        problems = [{"distribution": problem.distribution, "cause": problem.cause} for problem in catalog.problems]
        click.echo(json.dumps({"entries": found, "problems": problems}, indent=2))
    else:
        for number, each in enumerate(each for each in kinds if kind or catalog.of(each)):
            items = catalog.of(each)
            title = f"{each}s" if items else f"no installed plugin provides {names.article(each)}"
            click.echo(("\n" if number else "") + title)
            rows = [(typed(catalog, item), ", ".join(item.entry.needs), item.entry.summary) for item in items]
            if any(needs for _, needs, _ in rows):
                rows.insert(0, ("", "needs", ""))
            click.echo("".join(f"{line}\n" for line in columns(rows)), nl=False)
    warn(catalog)


@click.command("info")
@click.argument("id")
@click.option("--kind", help="Only this kind, where a name stands for several: model, objective, ...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with one object per entry.")
def info_command(id: str, kind: str | None, as_json: bool) -> None:
    """Show what ID is, what it needs and all its options."""
    catalog = discover()
    facts = [_facts(catalog, item) for item in _matches(catalog, id, kind)]
    if as_json:
        import json

        click.echo(json.dumps(facts, indent=2))
        return
    for number, fact in enumerate(facts):
        click.echo("\n" if number else "", nl=False)
        for line in _page(fact):
            click.echo(line)


def typed(catalog: Catalog, item: Provided) -> str:
    """What to type for an entry."""
    return command_name(catalog, item) if item.entry.kind == "command" else catalog.short(item)


def columns(rows: Iterable[Sequence[str]], indent: int = 2) -> list[str]:
    """Lines of a table: columns aligned, empty ones left out, the last one wrapped to the terminal's width."""
    table = [list(row) for row in rows]
    kept = [place for place in range(len(table[0]) if table else 0) if any(row[place] for row in table)]
    if not kept:
        return []
    widths = [max(len(row[place]) for row in table) for place in kept[:-1]]
    start = indent + sum(widths) + 2 * len(widths)
    room = _width() - start
    lines = []
    for row in table:
        head = " " * indent + "".join(row[place].ljust(size + 2) for place, size in zip(kept[:-1], widths, strict=True))
        if room < 24:  # nothing fits beside the other columns
            lines += [head.rstrip(), *_wrap(row[kept[-1]], room + start - indent - 4, " " * (indent + 4))]
        else:
            wrapped = _wrap(row[kept[-1]], room, " " * start) or [""]
            lines += [(head + wrapped[0].lstrip()).rstrip(), *wrapped[1:]]
    return lines


def _width() -> int:
    """Columns of the terminal. What goes to a file or another program is not wrapped, so that it can be searched by line."""
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 10_000


def _wrap(text: str, width: int, before: str) -> list[str]:
    if len(text) <= width:  # the usual case, without the import
        return [before + text] if text else []
    import textwrap

    # Names and addresses are typed or pasted elsewhere, so they stay whole.
    return [before + line for line in textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False)]


def _row(catalog: Catalog, item: Provided) -> dict[str, Any]:
    entry = item.entry
    return {
        "kind": entry.kind,
        "id": item.id,
        "name": typed(catalog, item),
        "version": item.version,
        "summary": entry.summary,
        "needs": list(entry.needs),
        "paper": entry.paper,
    }


def _matches(catalog: Catalog, id: str, kind: str | None) -> list[Provided]:
    """All kinds that a name stands for. Raises ZooError where it stands for nothing, or for two of one kind."""
    if kind:
        return [catalog.find(known_kind(kind), id, prefer=CORE if kind == "command" else "")]
    distribution, name = names.split(id)
    hits = [
        item
        for item in catalog.entries
        if (item.entry.name == name and distribution in ("", item.distribution))
        or f"{distribution}/{name}" in item.entry.aliases
    ]
    if not hits:
        every = {"entry": [item.id for item in catalog.entries]}
        names.resolve("entry", id, every, catalog.broken())  # raises: says what is near
    found = dict.fromkeys(item.entry.kind for item in hits)
    return [catalog.find(each, id, prefer=CORE if each == "command" else "") for each in KINDS if each in found]


def _facts(catalog: Catalog, item: Provided) -> dict[str, Any]:
    """What `zoo info` shows, as JSON. What cannot be loaded is named in its place instead of hiding the rest."""
    draw = f"zoo sample {item.entry.name}" if item.entry.weights else ""
    facts = {**_row(catalog, item), "use": _use(catalog, item), "draw": draw, "parts": {}, "options": [], "broken": []}
    facts |= {"requires": list(item.entry.requires), "aliases": list(item.entry.aliases)}
    try:
        catalog.check_requires(item)
    except ZooError as error:
        facts["broken"].append(str(error))
    if item.entry.kind != "model":
        facts["parts"] |= item.entry.parts
        _add_options(facts, catalog, item, "", {})
        return facts
    from zoo_core.recipe.recipe import REFERENCE

    for part in PARTS:
        name = item.entry.parts.get(part, REFERENCE.get(part))
        if name is None:
            continue
        settings = _settings(item, part)
        try:
            found = catalog.find(PARTS[part], name, prefer=item.distribution if part in item.entry.parts else "")
        except ZooError as error:
            facts["parts"][part] = None
            facts["broken"].append(str(error))
        else:
            facts["parts"][part] = found.id
            _add_options(facts, catalog, found, part, settings)
    from zoo_core.recipe.recipe import Guide
    from zoo_core.recipe.train_options import TrainOptions

    _add_rows(facts, TrainOptions, "train", "train", _settings(item, "train"))
    if "guide" in item.entry.needs:
        _add_rows(facts, Guide, "guide", "guide", _settings(item, "guide"))
    return facts


def _settings(item: Provided, part: str) -> dict[str, Any]:
    prefix = part + "."
    return {key.removeprefix(prefix): value for key, value in item.entry.options.items() if key.startswith(prefix)}


def _add_options(facts: dict[str, Any], catalog: Catalog, item: Provided, part: str, settings: Mapping[str, Any]) -> None:
    try:
        config = catalog.load_config(item)
        if config is None and settings:
            raise ZooError(f"{item} has no options, but {facts['id']} sets {', '.join(settings)}")
    except ZooError as error:
        facts["broken"].append(str(error))
    else:
        if config is not None:
            _add_rows(facts, config, part, str(item), settings)


def _add_rows(facts: dict[str, Any], config: type, part: str, owner: str, settings: Mapping[str, Any]) -> None:
    from zoo_core.options import describe, parse, to_json

    try:
        values = to_json(parse(config, settings, owner))
        defaults = to_json(config())
    except ZooError as error:
        facts["broken"].append(f"{facts['kind']} {facts['id']} sets what does not fit: {error}")
        return
    for option in describe(config):
        facts["options"].append(
            {
                "option": f"{part}.{option.name}" if part else option.name,
                "type": option.type,
                "value": values[option.name],
                "default": defaults[option.name],
                "bounds": str(option.bounds),
                "help": option.bounds.help,
            }
        )


def _use(catalog: Catalog, item: Provided) -> str:
    kind, name = item.entry.kind, typed(catalog, item)
    if kind == "command":
        return f"zoo {name} --help"
    if kind == "executor":
        return f"zoo bench --engine {name}"
    asks = {"labels": " --labels NAME", "guide": " --guide edges"}
    flags = "".join(asks.get(need, "") for need in item.entry.needs)
    if kind == "objective":
        flags += "".join(f" --{part} {id}" for part, id in item.entry.parts.items())
    return f"zoo bench --{kind} {name}{flags}" if kind in FLAGS else ""


def _page(facts: Mapping[str, Any]) -> list[str]:
    plain = [("kind", facts["kind"]), ("id", facts["id"]), ("version", facts["version"]), ("summary", facts["summary"])]
    plain += [("paper", facts["paper"]), ("formerly", ", ".join(facts["aliases"]))]
    plain += [("needs", ", ".join(facts["needs"])), ("requires", ", ".join(facts["requires"]))]
    plain += [(part, id or "missing, see below") for part, id in facts["parts"].items()]
    plain += [("use", facts["use"]), ("draw", facts["draw"])]
    lines = columns([(f"{what}:", value) for what, value in plain if value], indent=0)
    if facts["options"]:
        lines += ["", "options", *columns(map(_option_row, facts["options"]))]
    return lines + [line for text in facts["broken"] for line in columns([("broken:", text)], indent=0)]


def _option_row(option: Mapping[str, Any]) -> tuple[str, str, str, str]:
    value = _text(option["value"])
    if option["value"] != option["default"]:
        value += f" (default {_text(option['default'])})"
    return option["option"], option["type"], value, "; ".join(text for text in (option["help"], option["bounds"]) if text)


def _text(value: Any) -> str:
    """A value as `--set` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return "none" if value is None else str(value)
