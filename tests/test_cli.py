"""The command line, in processes of its own: what it prints, what it imports and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from zoo_core import __version__
from zoo_core.cli import main
from zoo_core.cli.listing import columns
from zoo_core.hooks import KINDS
from zoo_core.registry.catalog import discover

OPTIONS = """
from dataclasses import dataclass
from zoo_core.options import option
@dataclass(frozen=True)
class Options:
    steps: int = option(5, "critic steps per generator step", min=1)
    widths: tuple[int, ...] = option((64, 32), "channels")
    exact: bool = option(False, "do it exactly")
@dataclass(frozen=True)
class Silent:
    steps: int = option(0, " ", min=1)
"""
GANS = (
    'Entry("objective", "good", target="acme_nets:Good", config="acme_options:Options", summary="fine", paper="Acme 2020")',
    'Entry("objective", "twin", target="acme_nets:Good")',
    'Entry("model", "good", parts={"objective": "good"}, options={"objective.steps": 7, "train.lr": 0.5}, needs=("labels",))',
    'Entry("model", "lost", parts={"objective": "aae"})',
    'Entry("model", "wrong", parts={"objective": "good"}, options={"objective.stepz": 7})',
)
NETS = {"acme_nets": "import math\nclass Good: pass\n", "acme_options": OPTIONS}


def modules(plugins, *args: str) -> set[str]:
    """Modules that are imported when a command line is done."""
    code = f"import sys; from zoo_core.cli import main; code = main({args!r}); print('MODULES', *sys.modules); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", code], env=plugins.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize("args", [("--help",), ("list",), ("info", "good"), ("list", "--help")])
def test_looking_around_imports_nothing_heavy(plugins, args):
    plugins.provide("acme-gans", *GANS, **NETS)
    loaded = modules(plugins, *args)
    assert loaded & {"torch", "numpy", "rich", "PIL", "huggingface_hub", "importlib.metadata", "acme_nets"} == set()
    assert "acme_gans_entries" in loaded


def test_a_command_is_imported_when_it_is_invoked(plugins, speak):
    done = plugins.zoo("--help", only="acme-talk")
    assert done.returncode == 0 and re.search(r"\n  speak +Talk aloud\n", done.stdout) and not speak.exists()
    assert plugins.zoo("list", only="acme-talk").returncode == 0 and not speak.exists()
    done = plugins.zoo("speak", "--help", only="acme-talk")
    assert "Say things." in done.stdout and "Usage: zoo speak" in done.stdout and speak.exists()


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (["lst"], "no command is called lst: did you mean list?"),
        (["list", "modle"], "no kind is called modle: did you mean model?"),
        (["list", "--jsn"], "No such option '--jsn'"),
        (["info"], "Missing argument 'ID'; type zoo info --help"),
        (["info", "goood"], "no entry is called goood: did you mean good?"),
        (["info", "aae"], "no entry is called aae: no installed plugin provides it: pip install zoo-aae"),
        (["info", "good", "--kind", "critic"], "no critic is called good (good is a model and an objective)"),
        (["info", "a\nb"], "no entry is called a b"),
        (["doctor", "acme-gan"], "no plugin is called acme-gan: did you mean acme-gans?"),
        (["doctor", "zoo-vae"], "zoo-vae is not installed: pip install zoo-vae"),
        (["speak"], "a command is missing; type zoo speak --help"),
        (["--strct", "list"], "No such option '--strct'"),
    ],
)
def test_wrong_input_is_one_line_that_says_what_to_type(plugins, speak, args, error, monkeypatch, capfd):
    plugins.provide("acme-gans", *GANS, **NETS)
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans,acme-talk,zoo-bench")
    assert main(args) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.startswith(f"error: {error}") and err.count("\n") == 1


def test_without_a_command_help_is_shown(plugins, capfd):
    assert main([]) == 0
    assert "Usage: zoo" in capfd.readouterr().out
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"zoo-core {__version__}\n"


def test_list(plugins, monkeypatch, capfd):
    plugins.provide("acme-gans", *GANS, **NETS)
    plugins.provide("acme-more", 'Entry("objective", "twin", target="a:b", summary="the other")')
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans,acme-more")
    assert main(["list", "objective"]) == 0
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    assert lines[0] == ["objectives"]
    assert [line for line in lines if line[0] in ("good", "acme-gans/twin", "acme-more/twin", "twin")] == [
        ["good", "fine"],
        ["acme-gans/twin"],
        ["acme-more/twin", "the", "other"],
    ]
    assert main(["list", "models"]) == 0
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    assert lines[:2] == [["models"], ["needs"]] and ["good", "labels"] in lines
    empty = next(kind for kind in KINDS if not discover().of(kind))
    assert main(["list", empty]) == 0
    assert capfd.readouterr().out in (f"no installed plugin provides {a} {empty}\n" for a in ("a", "an"))
    assert main(["list", "objective", "--json"]) == 0
    value = json.loads(capfd.readouterr().out)
    rows = [row for row in value["entries"] if row["id"].startswith("acme")]
    assert [row["id"] for row in rows] == ["acme-gans/good", "acme-gans/twin", "acme-more/twin"]
    assert rows[0] == {
        "kind": "objective",
        "id": "acme-gans/good",
        "name": "good",
        "version": "1.2.3",
        "summary": "fine",
        "needs": [],
        "paper": "Acme 2020",
    }
    assert value["problems"] == []


def test_info_of_a_component(plugins, monkeypatch, capfd):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans")
    plugins.provide("acme-gans", *GANS, **NETS)
    assert main(["info", "acme-gans/good", "--kind", "objective"]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "kind:     objective",
        "id:       acme-gans/good",
        "version:  1.2.3",
        "summary:  fine",
        "paper:    Acme 2020",
        "use:      zoo bench --objective good",
        "",
        "options",
        "  steps   int      5      critic steps per generator step; at least 1",
        "  widths  int,...  64,32  channels",
        "  exact   bool     false  do it exactly",
    ]


def test_info_of_a_model_shows_what_it_sets(plugins, monkeypatch, capfd):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans,acme-rival")
    plugins.provide("acme-gans", *GANS, **NETS)
    plugins.provide("acme-rival", GANS[0])  # a model means its own objective, whatever else is installed
    assert main(["info", "acme-gans/good", "--json"]) == 0
    model, objective = json.loads(capfd.readouterr().out)
    assert (model["kind"], objective["kind"]) == ("model", "objective")
    assert model["parts"]["objective"] == "acme-gans/good" and model["parts"]["generator"].startswith("zoo-core/")
    options = {row["option"]: (row["value"], row["default"]) for row in model["options"]}
    assert options["objective.steps"] == (7, 5) and options["train.lr"][0] == 0.5 != options["train.lr"][1]
    assert model["broken"] == [] and model["use"] == "zoo bench --model good --labels NAME"
    assert main(["info", "good", "--kind", "model"]) == 0
    text = capfd.readouterr().out
    assert "7 (default 5)" in text and "objective:  acme-gans/good" in text and "use:        zoo bench --model good" in text


def test_info_of_a_model_that_wraps_an_objective(plugins, monkeypatch, capfd):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans,zoo-bench")
    wrap = 'Entry("model", "wrap", parts={"objective": "twin", "adversarial": "good"}, options={"adversarial.steps": 9})'
    plugins.provide("acme-gans", *GANS[:2], wrap, **NETS)
    assert main(["info", "wrap", "--json"]) == 0
    (facts,) = json.loads(capfd.readouterr().out)
    assert facts["parts"]["objective"] == "acme-gans/twin" and facts["parts"]["adversarial"] == "acme-gans/good"
    assert [row["value"] for row in facts["options"] if row["option"] == "adversarial.steps"] == [9] and facts["broken"] == []
    assert main(["doctor", "--strict", "acme-gans"]) == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lost", "no objective is called aae: no installed plugin provides it: pip install zoo-aae"),
        ("wrong", "has no option stepz"),
    ],
)
def test_info_names_what_is_missing_and_shows_the_rest(plugins, monkeypatch, capfd, name, text):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans")
    plugins.provide("acme-gans", *GANS, **NETS)
    assert main(["info", name, "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)[0]
    assert len(facts["broken"]) == 1 and text in facts["broken"][0]
    assert facts["parts"]["generator"] and any(row["option"] == "train.lr" for row in facts["options"])
    assert main(["info", name]) == 0
    assert text in capfd.readouterr().out


@pytest.mark.parametrize("only", ["acme-one,acme-two", "acme-two,acme-three,acme-one"])
def test_a_plugin_cannot_take_a_command_of_core(plugins, only):
    source = 'import click\n@click.command()\ndef run(): click.echo("mine")\n'
    plugins.provide("acme-one", 'Entry("command", "list", target="acme_one:run")', acme_one=source)
    plugins.provide("acme-two", 'Entry("command", "go", target="acme_one:run")', 'Entry("command", "no", target="os:sep")')
    plugins.provide("acme-three", 'Entry("command", "go", target="acme_one:run")')
    assert "commands" in plugins.zoo("list", only=only).stdout
    assert plugins.zoo("acme-one/list", only=only).stdout == "mine\n"
    assert "acme-one/list" in plugins.zoo("--help", only=only).stdout
    done = plugins.zoo("go", only=only)
    if "three" in only:
        assert done.returncode == 2 and "type acme-three/go or acme-two/go" in done.stderr
    else:
        assert done.stdout == "mine\n"
    done = plugins.zoo("no", only=only)
    assert done.returncode == 2 and "plugin acme-two is broken: os:sep is not a click command" in done.stderr


def test_broken_plugins_leave_every_command_working(plugins, broken):
    plugins.provide("acme-gans", *GANS[:3], **NETS)
    for args in (["--help"], ["list"], ["list", "--json"], ["info", "good"], ["--version"], ["list", "--help"]):
        done = plugins.zoo(*args)
        assert done.returncode == 0, (args, done.stderr)
        if args[0] != "list" or "--help" in args:
            assert done.stderr == ""
    done = plugins.zoo("list", "--json")
    assert {"acme-gans/good"} <= {row["id"] for row in json.loads(done.stdout)["entries"]}
    for name, cause in broken.items():
        if name != "bad-target":
            assert [name in line and cause in line for line in done.stderr.splitlines()].count(True) == 1, name
            assert name in {problem["distribution"] for problem in json.loads(done.stdout)["problems"]}
    for args in (["--strict", "list"], ["--strict", "info", "good"], ["--strict"]):
        done = plugins.zoo(*args)
        assert done.returncode == 1 and done.stdout == "" and "bad-syntax: SyntaxError" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("error: stopped by --strict")
    assert plugins.zoo("--strict", "list", only="acme-gans").returncode == 0


def test_doctor_names_every_cause(plugins, broken):
    plugins.provide("acme-gans", *GANS[:3], **NETS)
    done = plugins.zoo("doctor", only=",".join([*broken, "acme-gans", "zoo-bench"]))
    assert done.returncode == 0 and done.stderr == ""
    sections = {section.split()[0]: section for section in done.stdout.split("\n\n")[1:]}
    for name, cause in broken.items():
        title, *causes = sections[name].splitlines()
        assert ": broken; " in title and any(cause in text for text in causes), name
    assert sections["acme-gans"].strip() == "acme-gans 1.2.3: ok; 2 objectives, 1 model"
    assert f"zoo-core  {__version__}\n" in done.stdout and "torch     " in done.stdout
    for args in (["--strict", "doctor", "bad-import"], ["doctor", "--strict", "bad-target"]):
        done = plugins.zoo(*args)
        assert done.returncode == 1 and done.stderr == "error: 1 of 1 plugins broken\n" and "broken;" in done.stdout
    assert plugins.zoo("--strict", "doctor", "acme-gans").returncode == 0


def test_doctor_looks_into_options_and_models(plugins, monkeypatch, capfd):
    silent = 'Entry("critic", "silent", target="acme_nets:math.pi", config="acme_options:Silent")'
    bare = 'Entry("model", "bare", parts={"objective": "twin"}, options={"objective.steps": 7})'
    odd = 'Entry("command", "odd", target="acme_nets:Good")'
    plugins.provide("acme-gans", *GANS, silent, bare, odd, **NETS)
    monkeypatch.setenv("ZOO_PLUGINS", "acme-gans,zoo-bench")
    assert main(["doctor", "acme-gans"]) == 0
    lines = capfd.readouterr().out.splitlines()[4:]
    assert lines[0].startswith("acme-gans 1.2.3: broken; 2 objectives, 4 models, 1 critic, 1 command")
    assert [line.strip() for line in lines[1:]] == [
        "model acme-gans/lost: no objective is called aae: no installed plugin provides it: pip install zoo-aae",
        "model acme-gans/wrong: objective acme-gans/good has no option stepz: did you mean steps?",
        "critic acme-gans/silent: option steps has no help text",
        "a default does not fit its own bounds: critic acme-gans/silent: steps=0 must be at least 1",
        "critic acme-gans/silent: target acme_nets:math.pi cannot be called",
        "model acme-gans/bare sets steps, but objective acme-gans/twin has no options",
        "command acme-gans/odd: target acme_nets:Good is not a click command",
    ]


def test_the_shell_completes_commands(plugins, speak):
    env = {"_ZOO_COMPLETE": "bash_complete", "COMP_WORDS": "zoo sp", "COMP_CWORD": "1"}
    assert plugins.zoo(only="acme-talk", env=env).stdout == "plain,speak\n" and not speak.exists()


@pytest.mark.parametrize("width", [200, 60, 40, 12])
def test_columns_fit_the_terminal(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [("a", "", "int", "some words " * 12), ("longer_name", "", "float", ""), ("b", "", "int", "word")]
    lines = columns(rows)
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(" ".join(row) for row in rows).split())
    assert max(map(len, lines)) <= max(width, 27)
    assert all(line == line.rstrip() for line in lines)
    assert columns([]) == columns([("", "")]) == []
