"""The documentation does what it says: marked blocks are executed, links lead somewhere, tables name what there is.

<!-- run -->           the next block is executed; below a `$ command` stands its output, `...` for anything
<!-- fails N -->       the same, and each command must end with exit code N
<!-- file: NAME -->    the next block is written to that file
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from zoo_core.catalog import discover
from zoo_core.space import SIZES, halvings

ROOT = Path(__file__).resolve().parent.parent
OTHERS = [*ROOT.glob("*.md"), *ROOT.glob("plugins/*/README.md"), ROOT / "benchmarks/README.md"]
PAGES = sorted([*OTHERS, *(page for page in ROOT.glob("docs/**/*.md") if "_build" not in page.parts)])
BLOCK = re.compile(r"^<!-- (run|fails \d+|file: \S+) -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^<!-- (?:run|fails|file)\b", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    mark: str
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*match.groups()) for match in BLOCK.finditer(page.read_text())]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def steps(block: Block) -> list[tuple[str, list[str]]]:
    """(command, expected lines) of a console block; a block of another language is one command."""
    if block.language != "console":
        return [(block.text, [])]
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def fits(output: str, expected: list[str]) -> bool:
    """Whether the output has the expected lines, one after the other; white space does not count, `...` is anything."""
    text = [" ".join(line.split()) for line in output.splitlines()]
    lines = [r".*".join(re.escape(" ".join(part.split())) for part in line.split("...")) for line in expected]
    joined, gap = "", True
    for line in lines:
        if line == ".*":
            joined, gap = joined + r"(?:.*\n)*", True
        else:
            joined, gap = joined + line.replace(".*", r"\s*.*\s*") + r"\n", False
    end = r"(?:.*\n)*" if gap else ""
    return re.fullmatch(joined + end, "\n".join(text) + "\n") is not None


@pytest.mark.parametrize(
    ("output", "expected", "good"),
    [
        ("a\nb\n", ["a", "b"], True),
        ("a\nb\n", ["a"], False),
        ("a\nb\nc\n", ["a", "...", "c"], True),
        ("a\nb\nc\n", ["...", "b", "..."], True),
        ("a\nc\n", ["...", "b", "..."], False),
        ("one    two 3.14\n", ["one ... 3.14"], True),
        ("one    two 3x14\n", ["one ... 3.14"], False),
        ("anything", [], True),
    ],
)
def test_expected_output_is_compared(output, expected, good):
    assert fits(output, expected) == good


class Shell:
    """A folder and an environment in which the commands of a page are executed: like a user's, on top of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        environment = folder / "venv"
        venv.create(environment, symlinks=True)
        python = environment / "bin/python"
        site = next(environment.glob("lib/python*/site-packages"))
        # Packages of this environment, those that are installed editable too; what the page installs goes elsewhere.
        (site / "below.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        for command, module in (("zoo", "zoo_core"), ("pip", "pip")):
            script = environment / "bin" / command
            script.write_text(f'#!/bin/sh\nexec "{python}" -m {module} "$@"\n')
            script.chmod(0o755)
        self.variables = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("ZOO_PLUGINS", "PYTHON", "COLUMNS"))},
            "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "VIRTUAL_ENV": str(environment),
            "PIP_NO_BUILD_ISOLATION": "0",  # sic: pip reads it as the value of --no-build-isolation's destination
            "PIP_NO_DEPS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, command: str, language: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", command] if language == "python" else ["bash", "-euo", "pipefail", "-c", command]
        merged = subprocess.STDOUT
        return subprocess.run(
            line, cwd=self.folder, env=self.variables, stdout=subprocess.PIPE, stderr=merged, text=True, timeout=300
        )


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name)
def test_marked_blocks_do_what_they_say(page, tmp_path):
    shell = Shell(tmp_path)
    for block in blocks(page):
        if block.mark.startswith("file: "):
            file = shell.folder / block.mark.removeprefix("file: ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
            continue
        code = int(block.mark.partition(" ")[2] or 0)
        for command, expected in steps(block):
            done = shell.run(command, block.language)
            assert done.returncode == code, f"{command}\n{done.stdout}"
            assert not expected or fits(done.stdout, expected), f"{command}\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_mark_belongs_to_a_block(page):
    assert len(MARK.findall(page.read_text())) == len(blocks(page))


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
