"""What the pages say is so: links lead somewhere, tables name what there is. See test_docs_blocks.py for their blocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs_pages import PAGES, ROOT, name

from zoo_core.registry.catalog import discover
from zoo_core.space import SIZES, halvings


def anchors(page: Path) -> set[str]:
    heads = re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_inside_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_relative_to(ROOT) and found.exists(), f"{target} is no file"
        assert not anchor or anchor in anchors(found), f"{target} is no heading"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_formulas_are_text(page):
    """Sphinx would draw others with a script from the network, and the pages are to work without one."""
    text = re.sub(r"```.*?^```$|`[^`]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert "{math}" not in page.read_text() and not re.search(r"\$[^$\n]+\$", text)


def test_the_models_in_the_readme_are_those_there_are():
    table = re.search(r"^## Models$.*?\n\n(\| model .*?)\n\n", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert table
    rows = dict(re.findall(r"^(\| `(\w+)` \|.*)$", table[1], re.MULTILINE))
    models = {item.entry.name: item.entry for item in discover().of("model")}
    right = {name: f"| `{name}` | {', '.join(entry.needs)} | {entry.summary} |" for name, entry in models.items()}
    # A plugin that is not there leaves its row: it can be left out without a change anywhere else.
    wrong = [row for row, name in rows.items() if name in right and row != right[name]]
    assert not wrong and "wgan_gp" in rows.values(), "the table should be:\n" + "\n".join(right.values())


def test_the_sizes_that_are_listed_are_those_that_work():
    text = (ROOT / "docs/how-to/own-images.md").read_text()
    sentence = re.search(r"from 16 to 256: ([\d,\s]+)\.", text)
    assert sentence
    sizes = [size for size in range(SIZES[0], SIZES[1] + 1) if halvings(size)[1] > 0]
    assert [int(size) for size in sentence[1].split(",")] == sizes


def test_commands_that_are_shown_are_understood():
    """Blocks that take too long to execute are at least parsed: every `zoo ...` line names options that exist."""
    from click import Group, Option

    from zoo_core.cli import zoo

    assert isinstance(zoo, Group)
    catalog = discover()
    commands = {item.entry.name: catalog.load_target(item) for item in catalog.of("command")}
    seen = 0
    for page in PAGES:
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            for line in re.findall(r"(?:^|&& |\$ )zoo (.*)$", block, re.MULTILINE):
                words = line.partition("  #")[0].split()
                assert words[0] in commands, f"{page}: {line}"
                command = commands[words[0]]
                while isinstance(command, Group) and (words := words[1:]):  # zoo new plugin
                    assert words[0] in command.commands, f"{page}: {line}"
                    command = command.commands[words[0]]
                known = {flag for option in command.params if isinstance(option, Option) for flag in option.opts}
                used = {word for word in words[1:] if re.match(r"--?[a-z]", word)}
                assert used <= known, f"{page}: {line} uses {used - known}"
                seen += 1
    assert seen > 20
