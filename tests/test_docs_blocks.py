"""Every block of commands or Python in the documentation is executed, or says why it cannot be.

The blocks of a page are executed from top to bottom in one folder; in a console block the output of a `$ command` follows it,
`...` for anything. What is trained is small (docs_small.py), and what a page takes for granted, such as a folder of
pictures, is there (docs_shell.py).
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib

import pytest
from docs_pages import COMMANDS, DATA, PAGES, REASONS, ROOT, blocks, commands, fits, name, outside_blocks, stories
from docs_shell import Shell
from docs_small import make_small

from zoo_core.registry.catalog import discover

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
STORIES = stories()
SCORES_ARE_USED = re.compile(r"^\$? ?zoo (publish|verify|compare|report|eval) |--publish ", re.MULTILINE)


@pytest.fixture
def shell(tmp_path, monkeypatch, fake_hub):
    """A shell whose user is called YOU on the Hub; what it installs is gone afterwards."""
    folder = tmp_path / "work"
    folder.mkdir()
    shell = Shell(folder, fake_hub)
    fake_hub.tokens[fake_hub.token] = "YOU"
    for variable in ("ZOO_PLUGINS", "PYTHONPATH", "COLUMNS"):
        monkeypatch.delenv(variable, raising=False)
    variables = {
        "HF_TOKEN": fake_hub.token,
        "PATH": f"{shell.python.parent}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(shell.python.parent.parent),
        "PIP_NO_BUILD_ISOLATION": "0",  # sic: pip reads it as the value of --no-build-isolation's destination
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "executable", str(shell.python))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(folder)
    before = set(sys.modules)
    yield shell
    discover.cache_clear()
    for module in set(sys.modules) - before:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(folder)):
            del sys.modules[module]


@pytest.mark.parametrize("story", STORIES)
def test_blocks_do_what_they_say(story, shell, monkeypatch):
    pages = [blocks(page) for page in STORIES[story]]
    make_small(monkeypatch, scored=any(SCORES_ARE_USED.search(block.text) for page in pages for block in page if block.runs))
    names: dict[str, object] = {}
    typed: set[str] = set()
    for page in pages:
        for block in page:
            if block.mark.startswith("file: "):
                shell.write(block.mark.removeprefix("file: "), block.text)
        for block in page:
            if block.runs and block.language == "python":
                shell.prepare(block.text)
                exec(compile(block.text, story, "exec"), names)
            elif block.runs:
                code = int(block.mark.partition(" ")[2] or 0)
                for command, expected in commands(block):
                    if command not in typed:
                        output = shell.run(command, code)
                        assert not expected or fits(output, expected), f"{command}\n{output}"
        typed = {command for block in page if block.runs and block.language != "python" for command, _ in commands(block)}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_executed_or_data_or_says_why_not(page):
    text, found = page.read_text(), blocks(page)
    assert len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE)) == 2 * len(found), "a fence is not understood"
    marks = re.findall(r"^<!-- (?:run|fails|file|not run)\b", text, re.MULTILINE)
    assert len(marks) == sum(bool(block.mark) for block in found), "a comment does not belong to a block"
    assert not re.search(r"^    +(?:\$ )?(?:zoo|pip|python|make) ", outside_blocks(page), re.MULTILINE), "fence it with ```sh"
    stated = {story_page for pages in STORIES.values() for story_page in pages}
    for block in found:
        if block.runs:
            assert page in stated, "nobody executes it"
        elif block.mark.startswith("not run: "):
            reason = block.mark.removeprefix("not run: ")
            assert reason in REASONS and re.search(REASONS[reason], block.text), f"{reason}: one of {list(REASONS)}, and true"
        elif block.mark.startswith("file: ") or block.language.startswith("{"):
            assert block.language not in ("sh", "console"), "commands are executed"
        else:
            assert block.language in DATA, f"{block.language} is none of {COMMANDS + DATA}"
        if block.language == "json":
            assert all(json.loads(line) for line in block.text.splitlines())
        if block.language == "toml":
            assert tomllib.loads(block.text)


def test_optional_packages_are_those_that_the_tests_do_without():
    """A block may say that it needs optional packages only if CI does not install them."""
    here = " ".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"])
    extras = tomllib.loads((ROOT / "benchmarks/pyproject.toml").read_text())["project"]["optional-dependencies"]
    for page in PAGES:
        for block in blocks(page):
            if block.mark == "not run: needs optional packages":
                for extra in re.findall(REASONS["needs optional packages"], block.text):
                    assert not all(re.split(r"[<>=]", package)[0] in here for package in extras[extra]), extra


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
