"""`zoo new plugin`: what it writes works as it is, and names that would not are refused."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from zoo_core.errors import ZooError
from zoo_core.registry import names
from zoo_core.registry.catalog import discover
from zoo_testing.commands.new import SUMMARIES, check_name, entry_name, new_command, plugin_files

ROOT = Path(__file__).resolve().parent.parent
TINY = ["--size", "16", "--steps", "2", "--threads", "1", "--set", "train.batch=8"]


def use(kind: str) -> list[str]:
    """The command that puts a new plugin to work: two steps of training, except for a command."""
    name = entry_name(f"acme-{kind}", kind)
    if kind == "command":
        return [name, "--kind", "model"]
    if kind == "metric":  # every evaluation asks it
        return ["bench", *TINY, "--set", "dataset.count=60", "--out", name]
    if kind == "executor":
        return ["bench", "--engine", name, *TINY, "--no-eval", "--out", name]
    if kind == "observer":
        return ["bench", "--log", name, *TINY, "--no-eval", "--out", name]
    return ["bench", f"--{kind}", name, *TINY, "--no-eval", "--out", name]


def test_what_is_written_is_a_sound_plugin_when_installed_from_wheels(tmp_path, monkeypatch, install_wheels):
    """One of each kind: `zoo check`, two steps of training, and its own tests."""
    monkeypatch.chdir(tmp_path)
    for kind in SUMMARIES:
        done = CliRunner().invoke(new_command, ["plugin", f"acme-{kind}", "--kind", kind])
        assert done.exit_code == 0, done.output
    sources = {kind: tmp_path / f"acme-{kind}" for kind in SUMMARIES}
    installed = install_wheels(tmp_path, sources.values())
    checks = [["check", f"acme-{kind}", "--json"] for kind in SUMMARIES]
    said = installed.zoo(*checks, *map(use, SUMMARIES))
    for kind, text in zip(SUMMARIES, said, strict=False):
        report = json.loads(text)
        assert report["good"] and report["counts"]["passed"] >= 8
        of_its_kind = {result["entry"] for result in report["results"] if result["check"].startswith(f"{kind}_")}
        assert of_its_kind == {entry_name(f"acme-{kind}", kind)}
        skipped = {result["check"] for result in report["results"] if result["status"] == "skipped"}
        assert skipped <= {"critic_input_gradient", "manifest_options_light", "model_weights", "package_reloads"}, (
            "a template should show what can be checked"
        )
    used = dict(zip(SUMMARIES, said[len(checks) :], strict=True))
    assert "arXiv" in used.pop("command")
    reports = {kind: json.loads(next((tmp_path / f"acme_{kind}").rglob("report.json")).read_text()) for kind in used}
    assert {report["training"]["iterations"] for report in reports.values()} == {2}
    assert "acme_metric" in {score["name"] for score in reports["metric"]["scores"]}
    tests = [str(source / "tests") for source in sources.values()]
    found = installed.python("-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib", "-k", "found", *tests)
    assert f"{len(SUMMARIES)} passed" in found  # `zoo check` above has run all the others of the same list


@pytest.mark.parametrize("kind", SUMMARIES)
def test_what_is_written_keeps_the_style_of_zoo(kind, tmp_path):
    for path, text in plugin_files("acme-gans", kind).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        if path.endswith(".py"):
            ast.parse(text)
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), str(tmp_path)]
    for command in (["check", *config], ["format", "--check", *config]):
        done = subprocess.run([*ruff, *command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    test = (tmp_path / "tests/test_acme_gans.py").read_text()
    assert test.count("\n") == 3 and 'conformance("acme-gans")' in test
    assert "${{ matrix.python }}" in (tmp_path / ".github/workflows/test.yml").read_text()


def test_nothing_is_asked_and_nothing_is_overwritten(plugins, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = plugins.zoo("new", "plugin", "acme-gans", "--kind", "objective")
    assert done.returncode == 0, done.stderr
    assert [line.strip() for line in done.stdout.split("next:\n")[1].splitlines()] == [
        "zoo install -e ./acme-gans",
        "zoo check acme-gans",
        "zoo bench --objective acme_gans",
    ]
    written = {str(path.relative_to("acme-gans")) for path in Path("acme-gans").rglob("*") if path.is_file()}
    assert written == set(plugin_files("acme-gans", "objective"))
    (tmp_path / "acme-gans/README.md").write_text("mine")
    again = plugins.zoo("new", "plugin", "acme-gans", "--kind", "critic")
    assert again.returncode == 2 and "acme-gans exists; type --out FOLDER" in again.stderr
    assert (tmp_path / "acme-gans/README.md").read_text() == "mine"
    assert plugins.zoo("new", "plugin", "acme-gans", "--kind", "critic", "--out", "two").returncode == 0


def test_a_missing_kind_is_named(plugins, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = plugins.zoo("new", "plugin", "acme-gans")
    assert done.returncode == 2 and "type zoo new plugin acme-gans --kind objective|" in done.stderr
    assert list(tmp_path.glob("acme*")) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("", "nothing is no name"),
        ("-acme", "is no name of a package"),
        ("acme gans", "is no name of a package"),
        ("../acme", "is no name of a package"),
        ("acmé", "is no name of a package"),
        ("acme\n", "is no name of a package"),
        ("Acme_Gans", "type zoo new plugin acme-gans"),
        ("acme..gans", "type zoo new plugin acme-gans"),
        ("3d-gans", "type zoo new plugin zoo-3d-gans"),
        ("class", "word or module of Python"),
        ("match", "word or module of Python"),
        ("json", "word or module of Python"),
        ("zoo-core", "is a package of zoo itself"),
        ("zoo-wgan-gp", "is a package of zoo itself"),
        ("torch", "installed already; choose another name, for example zoo-torch"),
    ],
)
def test_names_that_would_not_work_are_refused(name, hint):
    with pytest.raises(ZooError, match=hint) as caught:
        check_name(name)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="aZ09-_. /\\\n$'", max_size=8))
def test_a_name_that_passes_can_be_installed_and_imported(name):
    try:
        passed = check_name(name)
    except ZooError:
        return
    assert passed == name == names.normal(name) and name.replace("-", "_").isidentifier()
    for kind in SUMMARIES:
        for path, text in plugin_files(name, kind).items():
            assert not path.startswith(("/", "..")) and "$" not in text.replace("${{", "")


def test_a_name_that_a_plugin_provides_already_is_refused(plugins, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plugins.provide("acme-one", 'Entry("objective", "acme_two", target="a:b")')
    done = plugins.zoo("new", "plugin", "acme-two", "--kind", "objective")
    assert done.returncode == 2 and "acme-one already provides the objective acme_two" in done.stderr


def environment(folder: Path) -> Path:
    """The Python of a new environment that sees the packages of this one below its own."""
    venv.create(folder, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    below = [path for path in sys.path if path.endswith("site-packages")]
    (site / "below.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in below))
    return folder / "bin/python"


def test_a_stranger_installs_checks_uses_and_removes_it(tmp_path, monkeypatch):
    """As they would: a wheel by `zoo install` into an environment of their own, without an index, checked there and removed."""
    monkeypatch.chdir(tmp_path)
    python = environment(tmp_path / "venv")
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ZOO_PLUGINS", "COLUMNS")}

    def run(*command: str, code: int = 0) -> str:
        done = subprocess.run([str(python), *command], env=variables, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    zoo = ("-m", "zoo_core")
    run(*zoo, "new", "plugin", "acme-gans", "--kind", "objective")
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", "wheels", "acme-gans")
    (wheel,) = Path("wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "acme_gans/py.typed" in archive.namelist()
    assert "zoo check acme-gans" in run(*zoo, "install", "acme-gans", "--no-index", "--find-links", "wheels")
    provided = json.loads(run(*zoo, "plugins", "--json"))
    assert {"acme-gans": {"objective": 1}}.items() <= {each["distribution"]: each["provides"] for each in provided}.items()

    badge = tmp_path / "badge.svg"
    report = json.loads(run(*zoo, "check", "acme-gans", "--only", "package", "--json", "--badge", str(badge)))
    assert (
        report["good"]
        and {"package_wheel": "passed"}.items() <= {result["check"]: result["status"] for result in report["results"]}.items()
    )
    assert "passed</text>" in badge.read_text() and json.loads(badge.with_suffix(".json").read_text())["color"] == "brightgreen"

    run(*zoo, "uninstall", "acme-gans")
    assert "acme-gans" not in run(*zoo, "plugins")
    assert "acme_gans" not in {item.entry.name for item in discover().entries}
