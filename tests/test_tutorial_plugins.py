"""The plugins of docs/tutorials/plugins: written as a stranger would, with what zoo-core offers to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo_testing.commands.new import SUMMARIES, plugin_files

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(path.parent for path in ROOT.glob("docs/tutorials/plugins/*/pyproject.toml"))
WRITTEN = ("LICENSE", ".gitignore", ".github/workflows/test.yml")  # by `zoo new`, and not to be changed


def test_they_pass_their_own_tests_from_wheels(tmp_path, install_wheels):
    """What their pages type, `zoo check` and a training, is executed with the other blocks: test_docs_blocks.py."""
    installed = install_wheels(tmp_path, FOLDERS)
    tests = [str(folder / "tests") for folder in FOLDERS]
    found = installed.python(
        "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib", "-k", "found or not conformance", *tests
    )
    written = sum(len(re.findall(r"^def test_", file.read_text(), re.MULTILINE)) for file in modules("tests"))
    assert len(FOLDERS) == 4 and int(re.search(r"(\d+) passed", found)[1]) >= len(FOLDERS) + written


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_they_have_what_zoo_new_writes_beside_the_code(folder):
    scaffold = plugin_files(folder.name, "objective")  # these files are the same for every kind
    assert {path: (folder / path).read_text() for path in WRITTEN} == {path: scaffold[path] for path in WRITTEN}
    assert 'license-files = ["LICENSE"]' in (folder / "pyproject.toml").read_text()


def modules(part: str) -> Iterator[Path]:
    """The Python files of their tests, or of their packages."""
    for folder in FOLDERS:
        yield from (folder / (folder.name.replace("-", "_") if part == "package" else part)).glob("*.py")


def test_they_use_what_is_public():
    """Nothing of zoo_core that the pages about interfaces and plugins do not show, or the templates do not use."""
    shown = "\n".join(
        [
            *(page.read_text() for page in ROOT.glob("docs/**/*.md")),
            *(text for kind in SUMMARIES for text in plugin_files("acme-gans", kind).values()),
        ]
    )
    used = {
        module
        for file in modules("package")
        for module in re.findall(r"^from (zoo\w*[\w.]*) import", file.read_text(), re.MULTILINE)
    }
    assert used and all(module.startswith("zoo_core.") for module in used)
    unknown = sorted(module for module in used if module not in shown and module.replace(".", "/") not in shown)
    assert not unknown, "show it in docs/reference/interfaces.md, or do without"


def test_an_objective_takes_under_40_lines():
    assert len((ROOT / "docs/tutorials/plugins/acme-sliced/acme_sliced/objective.py").read_text().splitlines()) < 40


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_page_shows_every_line_of_it_that_matters(folder):
    """The tutorial includes the files, so it cannot differ from what is tested."""
    pages = [page.read_text() for page in (ROOT / "docs/tutorials").glob("*.md")]
    package = folder.name.replace("-", "_")
    for file in sorted({*folder.glob(f"{package}/*.py")} - {folder / package / "__init__.py"}):
        line = f"{{literalinclude}} plugins/{file.relative_to(folder.parent)}"
        assert sum(line in page for page in pages) == 1, f"no page has {line}"
