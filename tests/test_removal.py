"""Taking any one plugin's folder out of the repository breaks nothing but the tests that need it, and these are skipped."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
TREES = ("zoo_core", "benchmarks", "tests", "plugins", "docs", ".ci")
TAKEN_OUT = "wgan_gp"  # the one that most tests train


def imported(file: Path) -> set[str]:
    """Top-level packages that a file imports when it is imported itself; not those inside functions."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting.append(node)
    return found


@pytest.fixture(scope="module")
def imports() -> dict[Path, set[str]]:
    files = [file for tree in TREES for file in (ROOT / tree).rglob("*.py") if "_build" not in file.parts]
    return {file: imported(file) for file in [*files, ROOT / "conftest.py"]}


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_nothing_outside_its_folder_imports_a_plugin(imports, plugin):
    users = {file for file, packages in imports.items() if f"zoo_{plugin.name}" in packages}
    assert any(file.is_relative_to(plugin) for file in users), "its own files import it"
    outside = sorted(str(file.relative_to(ROOT)) for file in users if not file.is_relative_to(plugin))
    assert not outside, "import it inside the test that needs it, behind pytest.importorskip"


def test_only_what_is_not_there_excuses_a_failure(tmp_path):
    absent = runpy.run_path(str(ROOT / "conftest.py"))["absent_plugins"]
    assert absent(ROOT) == frozenset()
    for plugin in PLUGINS:
        if plugin.name != TAKEN_OUT:
            (tmp_path / "plugins" / plugin.name).mkdir(parents=True)
    assert absent(tmp_path) == {"zoo-wgan-gp"}


@pytest.fixture(scope="module")
def without(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A copy of the repository without one plugin's folder, and an environment in which that plugin is not installed.

    Python without its own packages (-S), and links to all of them but the project's, which are those of the copy.
    """
    if not (ROOT / "plugins" / TAKEN_OUT).is_dir():
        pytest.skip("it has been taken out already")
    copy = tmp_path_factory.mktemp("without") / "zoo"
    skip = shutil.ignore_patterns(".*", "_build", "runs", "results", TAKEN_OUT)
    for name in ("zoo_core", "benchmarks", "tests", "plugins", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=skip)
    shutil.copytree(ROOT / "benchmarks/results", copy / "benchmarks/results")
    for file in [*ROOT.glob("*.md"), *(ROOT / name for name in ("pyproject.toml", "conftest.py", "LICENSE", "Makefile"))]:
        shutil.copy(file, copy)
    packages = copy.parent / "site-packages"  # Hypothesis parses all modules that are not in a folder of this name
    packages.mkdir()
    for folder in map(Path, site.getsitepackages()):
        for item in folder.iterdir() if folder.is_dir() else ():
            ours = item.name.startswith(("zoo_", "_editable_impl_zoo_"))
            known = item.suffix == ".dist-info" and not item.name.startswith(f"zoo_{TAKEN_OUT}-")
            if (known or not ours) and not (packages / item.name).exists():
                (packages / item.name).symlink_to(item)
    paths = [copy, copy / "benchmarks", *sorted((copy / "plugins").glob("*/")), packages]
    return copy, {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def output(without) -> str:
    """What pytest says that collects every test there, and runs those of two files."""
    copy, environment = without
    options = ["-v", "-rs", "-p", "no:cacheprovider", "-k", "test_recipe.py or test_gate.py"]
    command = [sys.executable, "-S", "-m", "pytest", *options]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_every_test_can_be_collected_without_it(output):
    assert int(re.search(r"(\d+) deselected", output)[1]) > 1000
    assert "tests/test_recipe.py" in output and f"plugins/{TAKEN_OUT}/" not in output


def test_tests_that_need_it_are_skipped_and_the_others_pass(output):
    assert "zoo-wgan-gp is not there" in output and re.search(r"\d+ passed, \d+ skipped", output)
