"""`zoo plugins`, `zoo install` and `zoo uninstall`: what pip is asked for. pip itself is in test_scaffold."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_core.cli import main, packages
from zoo_core.errors import ZooError

GOOD = 'Entry("objective", "good", target="a:b", summary="fine")'


@pytest.fixture
def pip(monkeypatch):
    """Records what would be run; `code` is what it ends with."""
    calls = SimpleNamespace(lines=[], code=0, does=lambda: None)

    def run(command, **kwargs):
        assert command[:4] == [sys.executable, "-P", "-m", "pip"] and "shell" not in kwargs
        calls.lines.append([word for word in command[4:] if word != "--disable-pip-version-check"])
        calls.does()
        return subprocess.CompletedProcess(command, calls.code)

    monkeypatch.setattr(packages.subprocess, "run", run)
    return calls


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["zoo-wgan-gp"], ["install", "zoo-wgan-gp"]),
        (["acme.gans[fast]>=0.2,<1", "Acme_Two==1.0.*"], ["install", "acme.gans[fast]>=0.2,<1", "Acme_Two==1.0.*"]),
        (["-U", "acme"], ["install", "--upgrade", "acme"]),
        (["acme", "--no-index"], ["install", "--no-index", "acme"]),
    ],
)
def test_pip_of_this_interpreter_is_asked(plugins, pip, arguments, line):
    assert main(["install", *arguments]) == 0
    assert pip.lines == [line]


def test_folders_and_wheels_are_given_as_absolute_paths(plugins, pip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/pyproject.toml").touch()
    (tmp_path / "-acme.whl").touch()
    for arguments in (["./acme"], ["-e", "acme"], ["./-acme.whl"], ["acme", "--find-links", "."]):
        assert main(["install", *arguments]) == 0
    folder, wheel = str(tmp_path / "acme"), str(tmp_path / "-acme.whl")
    links = ["--find-links", str(tmp_path)]
    assert pip.lines == [
        ["install", folder],
        ["install", "--editable", folder],
        ["install", wheel],
        ["install", *links, "acme"],
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--", "--index-url=https://example.org"], "--index-url=https://example.org is no name of a package"),
        (["--", "-r", "acme"], "-r is no name of a package"),
        (["acme; rm -rf x"], "is no name of a package"),
        (["acme @ https://example.org/a.whl"], "does not exist"),
        (["git+https://example.org/a"], "does not exist"),
        ([""], "nothing is no name of a package"),
        (["./absent"], "./absent does not exist; type the path of a folder or wheel"),
        (["-e", "absent"], "-e absent: only a folder can be installed so"),
        (["acme=1"], "acme=1 is no name of a package"),
    ],
)
def test_nothing_but_a_package_reaches_pip(plugins, pip, capsys, arguments, error):
    assert main(["install", *arguments]) == 2
    assert error in capsys.readouterr().err and pip.lines == []


@given(st.text(max_size=12))
def test_what_is_let_through_can_be_no_option(text):
    try:
        given_to_pip = packages._requirement(text)
    except ZooError as error:
        assert "\n" not in str(error)
        return
    assert not given_to_pip.startswith("-") and given_to_pip.isprintable()


def test_a_folder_without_a_project_is_named(plugins, pip, tmp_path, capsys):
    assert main(["install", str(tmp_path)]) == 2
    assert "holds no pyproject.toml; zoo new plugin NAME" in capsys.readouterr().err


def test_what_came_with_it_is_said(plugins, pip, capsys):
    pip.does = lambda: plugins.provide("acme-gans", GOOD)
    assert main(["install", "acme-gans"]) == 0
    assert capsys.readouterr().out == "plugin acme-gans 1.2.3; zoo check acme-gans says whether it works\n"
    pip.does = lambda: None
    assert main(["install", "numpy"]) == 0
    assert "no plugin was added or changed" in capsys.readouterr().out


def test_a_failure_of_pip_is_one_of_ours(plugins, pip, capsys):
    pip.code = 1
    assert main(["install", "acme-gans"]) == 1
    assert "error: pip could not install acme-gans: exit code 1" in capsys.readouterr().err


def test_without_pip_another_way_is_shown(plugins, pip, capsys, monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    assert main(["install", "acme-gans"]) == 2
    assert f"type uv pip install acme-gans --python {sys.executable}" in capsys.readouterr().err and pip.lines == []


def test_only_plugins_are_removed(plugins, pip, capsys):
    plugins.provide("acme-gans", GOOD)
    assert main(["uninstall", "Acme_Gans"]) == 0
    assert pip.lines == [["uninstall", "--yes", "acme-gans"]]
    for name, error in (
        ("torch", "no plugin torch is installed"),
        ("acme-gan", "did you mean acme-gans?"),
        ("zoo-core", "is zoo itself"),
    ):
        assert main(["uninstall", "acme-gans", name]) == 2
        assert error in capsys.readouterr().err
    assert len(pip.lines) == 1


def test_plugins_are_listed_with_what_is_wrong(plugins, capsys, monkeypatch):
    plugins.provide("acme-gans", GOOD, 'Entry("critic", "one", target="a:b")', 'Entry("critic", "two", target="a:b")')
    plugins.add("acme-new", "raise SystemError('imported')", group="zoo.v2")
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans,acme-new")
    assert main(["plugins"]) == 0
    lines = [line.split(None, 2) for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["zoo-core", "acme-gans", "acme-new"]
    assert lines[1][1:] == ["1.2.3", "1 objective, 2 critics"]
    assert lines[2][2] == "made for another API version: zoo.v2, and this is zoo.v1"
    assert main(["plugins", "--json"]) == 0
    found = {each["distribution"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["acme-gans"]["provides"] == {"objective": 1, "critic": 2} and found["acme-gans"]["problems"] == []
    assert found["acme-new"]["groups"] == ["zoo.v2"] and found["acme-new"]["provides"] == {}
