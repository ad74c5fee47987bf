"""What a user can type, set or implement is documented: commands, options, kinds, entries, checks, hooks, file formats."""

from __future__ import annotations

import dataclasses
import inspect
import re
import runpy
from functools import cache
from pathlib import Path

import click
import pytest

from zoo_bench.records.provenance import Provenance, recorded
from zoo_core import executors, hooks, images, interfaces, observers, scores
from zoo_core.cli import zoo
from zoo_core.hooks import KINDS, PARTS
from zoo_core.options import describe
from zoo_core.recipe.recipe import Budget, Data, Guide
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_testing import checks_learning, matrix
from zoo_testing.conformance import CHECKS
from zoo_train.plan import plan

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = runpy.run_path(str(ROOT / "docs/_ext/zoo_reference.py"))
OURS = REFERENCE["ours"]()


@cache
def page(directive: str) -> str:
    return "\n".join(REFERENCE["PAGES"][directive](discover()))


def section(directive: str, title: str) -> str:
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", page(directive), re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    return found[1]


def test_every_directive_writes_one_page_that_the_contents_list():
    texts = {path: path.read_text() for path in ROOT.glob("docs/reference/*.md")}
    for directive in REFERENCE["PAGES"]:
        assert sum(f"```{{{directive}}}\n```" in text for text in texts.values()) == 1, directive
    listed = re.findall(r"^reference/(\S+)$", (ROOT / "docs/index.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in texts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_entry_is_documented(kind):
    text = section("zoo-entries", kind)
    for item in discover().of(kind):
        if item.distribution in OURS:
            assert f"| `{item.id}` |" in text and item.entry.summary, item
            assert f"| {kind} | `{item.entry.name}` |" in section("zoo-plugins", item.distribution)
    assert not [name for name in OURS if not section("zoo-plugins", name).strip()]


def test_every_option_of_every_part_is_documented():
    catalog, seen = discover(), 0
    sections = {"train": TrainOptions, "guide": Guide}
    for kind in (*PARTS.values(), "dataset", "executor", "observer"):
        for item in catalog.of(kind):
            config = catalog.load_config(item)
            if item.distribution in OURS and config:
                sections[f"{kind} {item.entry.name}"] = config
    for title, config in sections.items():
        text = section("zoo-options", title)
        for option in describe(config):
            assert re.search(rf"^\| `{option.name}` \|.*\| .*\w.* \|$", text, re.MULTILINE), f"{title}: {option.name}"
            seen += 1
    assert seen > 100


def test_every_command_and_each_of_its_options_is_documented():
    catalog = discover()
    commands = {"zoo": zoo}
    for item in catalog.of("command"):
        if item.distribution in OURS:
            command = commands[f"zoo {item.entry.name}"] = catalog.load_target(item)
            inner = command.commands if isinstance(command, click.Group) else {}
            commands |= {f"zoo {item.entry.name} {name}": each for name, each in inner.items()}
    for title, command in commands.items():
        text = section("zoo-commands", title)
        assert command.help, f"{title} does not say what it does"
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help, f"{title} {option.opts[0]} has no help text"
                assert re.search(rf"^\| `[^`]*{re.escape(option.opts[0])}\b", text, re.MULTILINE), f"{title} {option.opts[0]}"


def test_every_check_is_documented_with_its_contract():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page("zoo-checks"), re.MULTILINE))
    names = [check.name for check in (*CHECKS, *checks_learning.CHECKS)]
    assert list(rows) == [*names, matrix.NAME] and all(len(contract) > 20 for contract in rows.values())
    for check in CHECKS:
        for place in re.findall(r"(?<![\w/.])[\w/-]+\.(?:py|md)", re.sub(r"https?:\S+", "", check.read)):
            assert (ROOT / place).is_file(), f"{check.name} sends readers to {place}"


def test_every_hook_and_interface_is_shown():
    text = (ROOT / "docs/reference/interfaces.md").read_text()
    for module in (hooks, interfaces, images, scores, executors, observers):
        file = f"{module.__name__.replace('.', '/')}.py"
        blocks = re.findall(rf"literalinclude}} \.\./\.\./{file}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        assert blocks, f"{file} is not shown"
        shown = set(re.findall(r":pyobject: (\w+)", "".join(blocks)))
        classes = {
            name for name, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
        }
        assert not shown or classes <= shown | {"Failed"}, f"{file}: {classes - shown} is not shown"
    assert [name for name, value in vars(hooks).items() if getattr(value, "zoo_spec", None) is not None] == ["zoo_entries"]


def test_every_field_of_a_recipe_is_documented():
    text = section_of(ROOT / "docs/reference/run-folder.md", "recipe.json")
    recipe = plan(discover(), model="gan", dataset="creatures", size=16, budget=Budget(steps=1))
    undocumented = [name for name in recorded(recipe, Provenance()) if f"`{name}`" not in text]
    undocumented += [field.name for field in dataclasses.fields(Provenance) if f"| `{field.name}` |" not in text]
    assert undocumented == []
    words = "id options labels background guide overfit"
    assert {field.name for field in dataclasses.fields(Data)} == set(words.split()), "say so in docs/reference/run-folder.md"


def section_of(path: Path, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", path.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]
