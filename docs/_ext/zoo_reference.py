"""Reference pages out of the code: directives that write what the command line, the options and the catalog say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click
from docutils.nodes import Node
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from zoo_core.cli import zoo
from zoo_core.hooks import KINDS, PARTS
from zoo_core.options import describe, to_json
from zoo_core.recipe.recipe import Guide
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, Provided, discover
from zoo_testing import checks_learning, matrix
from zoo_testing.conformance import CHECKS

ROOT = Path(__file__).resolve().parents[2]


@cache
def ours() -> dict[str, dict[str, Any]]:
    """The distributions that the repository holds, with what pyproject.toml says of them and their `folder`.

    The pages do not depend on what else is installed.
    """
    found = {}
    for path in (ROOT / "pyproject.toml", ROOT / "benchmarks/pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))):
        project = tomllib.loads(path.read_text())["project"]
        found[str(project["name"])] = {**project, "folder": str(path.parent.relative_to(ROOT))}
    return found


def of_this_project(catalog: Catalog, kind: str) -> list[Provided]:
    return [item for item in catalog.of(kind) if item.distribution in ours()]


def cell(text: Any) -> str:
    """Text as a cell of a Markdown table."""
    return names.one_line(str(text), 10_000).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def code(text: Any) -> str:
    """Text in backticks, also as a cell: a bar would end it."""
    line = names.one_line(str(text), 10_000)
    return (f"`` {line} ``" if "`" in line else f"`{line}`").replace("|", "\\|") if line else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["", *(f"| {' | '.join(line)} |" for line in lines), ""]


def value(text: Any) -> str:
    """A default as `--set` reads it."""
    if isinstance(text, bool):
        return code(str(text).lower())
    return "none" if text is None else code(text) or "empty"


def option_rows(config: type) -> list[list[str]]:
    defaults = to_json(config())
    return [
        [code(o.name), o.type, value(defaults[o.name]), cell(o.bounds) or "any", cell(o.bounds.help)] for o in describe(config)
    ]


def options_page(catalog: Catalog) -> list[str]:
    """Every option of every part, the trainer and the datasets."""
    head = ("option", "type", "default", "accepts", "meaning")
    lines = ["## train", "", "The trainer, for every model: `--set train.KEY=VALUE`.", *table(head, option_rows(TrainOptions))]
    lines += ["## guide", "", "Edge maps, with `--guide edges`: `--set guide.KEY=VALUE`.", *table(head, option_rows(Guide))]
    for kind in (*dict.fromkeys(PARTS.values()), "dataset", "executor", "observer"):
        for item in of_this_project(catalog, kind):
            config = catalog.load_config(item)
            lines += [f"## {kind} {item.entry.name}", "", f"{code(item.id)}: {cell(item.entry.summary)}.", ""]
            lines += table(head, option_rows(config)) if config else ["No options.", ""]
    return lines


def models_page(catalog: Catalog) -> list[str]:
    """What each model names and sets."""
    lines = []
    for item in of_this_project(catalog, "model"):
        entry = item.entry
        needs = f" Needs {', '.join(entry.needs)}." if entry.needs else ""
        lines += [f"### {entry.name}", "", f"{code(item.id)}: {cell(entry.summary)}.{needs}", ""]
        lines += [f"Source: {cell(entry.paper)}.", ""]
        rows = [[code(part), code(name)] for part, name in entry.parts.items()]
        rows += [[code(key), value(setting)] for key, setting in entry.options.items()]
        lines += table(("names or sets", "to"), rows)
    return lines


def entries_page(catalog: Catalog) -> list[str]:
    """All entries, kind by kind."""
    lines = []
    for kind, meaning in KINDS.items():
        items = of_this_project(catalog, kind)
        flag = f" Chosen with `--{kind}`." if kind in ("model", "dataset", *PARTS) else ""
        what = cell(meaning) if kind in ("model", "command") else f"Target: {code(meaning)}"
        lines += [f"## {kind}", "", f"{what[0].upper()}{what[1:]}.{flag}", ""]
        rows = [[code(item.id), cell(item.entry.summary) + beside(item), cell(item.entry.paper)] for item in items]
        lines += table(("id", "what it is", "source"), rows) if rows else ["None of this project's packages provides one.", ""]
    return lines


def beside(item: Provided) -> str:
    """What an entry requires, and which ids it once had."""
    requires, aliases = (", ".join(map(code, names)) for names in (item.entry.requires, item.entry.aliases))
    return (f". Requires {requires}" if requires else "") + (f". Formerly {aliases}" if aliases else "")


def commands_page(catalog: Catalog) -> list[str]:
    """Usage and options of `zoo` and of every command."""
    lines = ["## zoo", "", *command_lines(zoo, "zoo", "[OPTIONS] COMMAND [ARGS]...")]
    for item in of_this_project(catalog, "command"):
        lines += command_sections(catalog.load_target(item), f"zoo {item.entry.name}", "##")
    return lines


def command_sections(command: click.Command, name: str, level: str) -> list[str]:
    """A section for a command, and below it one for each command of a group."""
    usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=name)))
    lines = [f"{level} {name}", "", *command_lines(command, name, usage)]
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            lines += command_sections(inner, f"{name} {inner.name}", f"{level}#")
    return lines


def command_lines(command: click.Command, name: str, usage: str) -> list[str]:
    paragraphs = (command.help or "").split("\n\n")
    text = []
    for paragraph in paragraphs:
        keep = paragraph.lstrip().startswith("\b")  # click's mark for lines that are not to be wrapped
        text += ["```sh", *paragraph.strip("\b\n ").splitlines(), "```", ""] if keep else [cell(paragraph), ""]
    rows: dict[str, list[list[str]]] = {}
    context = click.Context(command, info_name=name)
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and record[1]:  # an argument without a text stands in the usage
            rows.setdefault(getattr(parameter, "title", ""), []).append([code(record[0]), cell(record[1])])
    lines = ["```text", f"{name} {usage}", "```", "", *text]
    for title, options in rows.items():
        lines += [*([f"**{title}**"] if title else []), *table(("option", "meaning"), options)]
    return lines


def plugins_page(catalog: Catalog) -> list[str]:
    """The directory of plugins: one section for each distribution."""
    lines = []
    for name, project in ours().items():
        where = "the repository itself" if project["folder"] == "." else code(project["folder"])
        lines += [f"## {name}", "", f"{cell(project['description'])}. In {where}; version {project['version']}.", ""]
        items = [item for kind in KINDS for item in catalog.of(kind) if item.distribution == name]
        lines += table(
            ("kind", "name", "what it is"),
            [[item.entry.kind, code(item.entry.name), cell(item.entry.summary)] for item in items],
        )
    return lines


def checks_page(catalog: Catalog) -> list[str]:
    """Every conformance check, those that must be asked for at the end."""
    groups: dict[str, list[list[str]]] = {}
    for check in (*CHECKS, *checks_learning.CHECKS):
        rows = groups.setdefault(check.name.partition("_")[0], [])
        rows.append([code(check.name), cell(check.contract), cell(check.read)])
    groups["matrix"] = [[code(matrix.NAME), cell(matrix.CONTRACT), cell(matrix.READ)]]
    lines = []
    for group, rows in groups.items():
        lines += [f"## {group}", "", GROUPS[group], *table(("check", "contract", "read"), rows)]
    return lines


GROUPS = {
    "manifest": "The distribution as every command sees it.",
    "target": "Every entry that points at code.",
    "options": "Every entry that has options.",
    "package": "The distribution as it is installed.",
    "learning": "Models, or parts if the plugin has no model, on the dataset creatures. Only with `--learn`.",
    "matrix": "Everything that is installed. Only with `--matrix`.",
    **{kind: f"Entries of kind {kind}." for kind in KINDS},
}
PAGES = {
    "zoo-checks": checks_page,
    "zoo-commands": commands_page,
    "zoo-entries": entries_page,
    "zoo-models": models_page,
    "zoo-options": options_page,
    "zoo-plugins": plugins_page,
}


class FromCatalog(SphinxDirective):
    """`{zoo-options}` and its like, by the name of the directive."""

    def run(self) -> list[Node]:
        lines = PAGES[self.name](discover())
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    for name in PAGES:
        app.add_directive(name, FromCatalog)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
