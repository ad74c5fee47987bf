"""The repository as a set of distributions: what is listed, what each says of itself, and who imports whom."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import zoo_core
from zoo_core.hooks import GROUP
from zoo_core.registry.catalog import discover

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
FOLDERS = [ROOT, ROOT / "benchmarks", *PLUGINS]
names = [folder.name if folder != ROOT else "core" for folder in FOLDERS]


def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text())


def test_all_txt_lists_the_folders_there_are_in_order():
    lines = (ROOT / "plugins/all.txt").read_text().splitlines()
    assert lines == ["-e .", "-e ./benchmarks[judge]", *(f"-e ./plugins/{folder.name}" for folder in PLUGINS)]
    folders = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir() and any(path.glob("*"))}
    assert folders == {folder.name for folder in PLUGINS}, "a folder of plugins/ is not a distribution"


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_a_distribution_says_what_it_is(folder):
    content = project(folder)
    about = content["project"]
    short = {ROOT: "core", ROOT / "benchmarks": "bench"}.get(folder, folder.name)
    assert about["name"] == f"zoo-{short.replace('_', '-')}"
    assert about["license"] == "Apache-2.0" and about["description"]
    packages = ["zoo_train", "zoo_testing", "zoo_bench"] if short == "bench" else [f"zoo_{short}"]
    assert content["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == packages
    assert (folder / f"zoo_{short}/__init__.py").is_file()
    readme = (folder / about["readme"]).read_text()
    assert readme.startswith("# ") and len(readme.split()) >= 40, (
        "a README says what it is, how to use it and where it comes from"
    )
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes(), "copy LICENSE into the folder"


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_versions_have_lower_bounds_alone(folder):
    about = project(folder)["project"]
    python = SpecifierSet(about["requires-python"])
    assert [(part.operator, part.version) for part in python] == [(">=", "3.11")]
    requirements = [Requirement(text) for text in about.get("dependencies", [])]
    for requirement in requirements:
        operators = {part.operator for part in requirement.specifier}
        assert operators == {">="}, f"{requirement} must have a lower bound and neither a pin nor an upper cap"
    assert folder == ROOT or "zoo-core" in {requirement.name for requirement in requirements}


@pytest.mark.parametrize("folder", PLUGINS, ids=[folder.name for folder in PLUGINS])
def test_a_plugin_depends_on_the_core_and_on_no_other_plugin(folder):
    requirements = [Requirement(text).name for text in project(folder)["project"]["dependencies"]]
    ours = {project(other)["project"]["name"] for other in FOLDERS}
    assert ours.intersection(requirements) == {"zoo-core"}


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_a_distribution_is_installed_and_provides_something(folder):
    about = project(folder)["project"]
    assert list(about["entry-points"]) == [GROUP], "entry points of plugins belong into this group alone"
    assert list(about["entry-points"][GROUP]) == [about["name"]]
    provided = [item for item in discover().entries if item.distribution == about["name"]]
    assert provided, f"{about['name']} provides nothing; is it installed? pip install -r plugins/all.txt"
    assert {item.version for item in provided} == {about["version"]}, (
        "installed from another version: pip install -r plugins/all.txt"
    )


def test_the_version_is_the_same_everywhere():
    assert project(ROOT)["project"]["version"] == zoo_core.__version__
    assert f"## {zoo_core.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_licence_is_apache():
    text = (ROOT / "LICENSE").read_text()
    assert re.match(r"\s+Apache License\n\s+Version 2\.0, January 2004\n", text)
    assert "9. Accepting Warranty or Additional Liability." in text


def test_every_folder_is_a_member_of_the_uv_workspace():
    workspace = project(ROOT)["tool"]["uv"]["workspace"]
    members = {path for pattern in workspace["members"] for path in ROOT.glob(pattern) if path.is_dir()}
    assert members == set(FOLDERS) - {ROOT}
    for folder in FOLDERS[1:]:
        assert project(folder)["tool"]["uv"]["sources"]["zoo-core"] == {"workspace": True}


def contracts() -> dict:
    return runpy.run_path(str(ROOT / ".ci/imports.py"))


def test_the_import_contracts_speak_of_every_plugin():
    text = contracts()["contracts"]()
    for folder in PLUGINS:
        package = f"zoo_{folder.name}"
        # root package; forbidden to the core and to the harness; kept from the harness; independent of the others
        assert len(re.findall(rf"^    {package}$", text, re.MULTILINE)) == 5
        assert f"    {package}.entries\n" in text


def check_imports(site: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts where packages in `site` stand for the real ones."""
    script = str(ROOT / ".ci/imports.py")
    code = f"import sys, runpy; sys.path.insert(0, {str(site)!r}); runpy.run_path({script!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code], cwd=site, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("objective.py", "import zoo_{other}.entries", "plugins do not import each other"),
        ("objective.py", "from zoo_bench import run_folder", "plugins do not import the harness"),
        ("options.py", "from zoo_core import interfaces", "what commands import first is free of torch"),
        ("__init__.py", "", ""),
    ],
)
def test_the_import_contracts_find_a_violation(tmp_path, file, line, broken):
    chosen = next(folder for folder in PLUGINS if (folder / f"zoo_{folder.name}/objective.py").exists())
    other = next(folder for folder in PLUGINS if folder != chosen)
    package = tmp_path / f"zoo_{chosen.name}"
    package.mkdir()
    for source in (ROOT / f"plugins/{chosen.name}" / package.name).glob("*.py"):
        text = source.read_text()
        (package / source.name).write_text(text + f"\n{line.format(other=other.name)}\n" if source.name == file else text)
    done = check_imports(tmp_path)
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
    assert re.findall(r"^(.*) BROKEN", done.stdout, re.MULTILINE) == ([broken] if broken else [])


def test_an_entry_that_names_parts_of_another_plugin_says_that_it_requires_it():
    ours = {project(folder)["project"]["name"] for folder in FOLDERS}
    for item in discover().entries:
        if item.distribution in ours:
            named = {id.partition("/")[0] for id in item.entry.parts.values() if "/" in id}
            assert named - {item.distribution, "zoo-core"} == set(item.entry.requires), item
            assert set(item.entry.requires) <= ours, item
