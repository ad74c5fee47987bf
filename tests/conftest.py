"""Plugins written into a temporary folder that is put on the path: installed as far as Python can tell, without pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from zoo_core.registry.catalog import discover

RUN = "import sys; from zoo_core.cli import main; sys.exit(main())"
HEAD = "from zoo_core.hooks import Entry, hookimpl\n"


class Plugins:
    """A folder of plugins and the command line that sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self, name: str, source: str, *, group: str = "zoo.v1", point: str = "", version: str = "1.2.3", **modules: str
    ) -> None:
        """Install distribution `name` with hook module `source`; `modules` are further modules: `torch_free="..."`."""
        module = name.replace("-", "_") + "_entries"
        files = {module: source, **modules}
        for file, text in files.items():
            (self.folder / f"{file}.py").write_text(text)
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not this line\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{point or name} = {module}\n")

    def provide(self, name: str, *entries: str, point: str = "", **modules: str) -> None:
        """Install a plugin whose hook returns these entries, given as source."""
        source = HEAD + f"@hookimpl\ndef zoo_entries():\n    return [{', '.join(entries)}]\n"
        self.add(name, source, point=point, **modules)

    def zoo(
        self, *args: str, only: str | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `zoo args` in a process of its own; `only` names the plugins to load."""
        return subprocess.run(self.command(*args), env=self.environment(only, env), capture_output=True, text=True, timeout=120)

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-c", RUN, *args]

    def environment(self, only: str | None = None, env: Mapping[str, str] | None = None) -> dict[str, str]:
        values = {name: value for name, value in os.environ.items() if name not in ("ZOO_PLUGINS", "COLUMNS")}
        return {**values, "PYTHONPATH": str(self.folder), **({} if only is None else {"ZOO_PLUGINS": only}), **(env or {})}


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugins]:
    """Plugins of this test, seen by `discover()` here and by `plugins.zoo(...)` in processes of their own."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("ZOO_PLUGINS", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    before = set(sys.modules)
    discover.cache_clear()
    yield Plugins(folder)
    discover.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


def _broken() -> dict[str, tuple[str, str]]:
    entry = 'Entry("objective", "{name}", target="bad_target:thing")'
    hook = "@hookimpl\ndef zoo_entries():\n"
    good = entry.format(name="fine")
    return {
        "bad-import": ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        "bad-syntax": ("def zoo_entries(:\n", "SyntaxError: invalid syntax"),
        "bad-signature": (HEAD + "@hookimpl\ndef zoo_entries(surprise):\n    return []\n", "surprise"),
        "bad-hook": (HEAD + f"@hookimpl\ndef zoo_entires():\n    return [{good}]\n", "unknown hook 'zoo_entires'"),
        "bad-generator": (HEAD + hook + f"    yield {good}\n    raise OSError('half way')\n", "OSError: half way"),
        "bad-exit": ("import sys\nsys.exit('bye')\n", "SystemExit: 'bye'"),
        "bad-kind": (
            HEAD + hook + '    return [Entry("modle", "x", target="a:b")]\n',
            "kind 'modle' of entry 'x' is none of model,",
        ),
        "bad-name": (HEAD + hook + '    return [Entry("critic", "Big Name", target="a:b")]\n', "name of critic 'Big Name'"),
        "bad-twice": (HEAD + hook + f"    return [{good}, {good}]\n", "two entries objective fine"),
        "bad-target": (
            HEAD + hook + '    return [Entry("critic", "gone", target="no_such:Thing")]\n',
            "No module named 'no_such'",
        ),
        "bad-entry": (HEAD + hook + "    return ['dcgan']\n", "zoo_entries gave 'dcgan', not an Entry"),
        "bad-none": (HEAD + hook + "    pass\n", "returned None"),
        "bad-empty": ("", "no function zoo_entries marked with @hookimpl"),
        "bad-raise": (
            HEAD + "class Odd(BaseException):\n    def __str__(self): raise ValueError\n" + hook + "    raise Odd\n",
            "Odd",
        ),
        "bad-needs": (
            HEAD + hook + '    return [Entry("critic", "x", target="a:b", needs=("lables",))]\n',
            "needs of critic 'x'",
        ),
    }


BROKEN = _broken()  # distribution -> hook module, part of the cause that must be named


@pytest.fixture
def broken(plugins: Plugins) -> dict[str, str]:
    """Every kind of broken plugin, installed at once. Distribution -> what must be said about it."""
    for name, (source, _) in BROKEN.items():
        plugins.add(name, source)
    plugins.add("bad-version", "raise SystemError('imported')\n", group="zoo.v2")
    return {name: cause for name, (_, cause) in BROKEN.items()} | {"bad-version": "made for another API version: zoo.v2"}


COMMANDS = """
import click
from zoo_core.errors import RunFailure, ZooError
open({marker!r}, "a").write("imported")

@click.group()
def speak():
    "Say things."

@speak.command()
@click.argument("what")
def say(what):
    "Say WHAT."
    if what == "zoo": raise ZooError("type something\\nelse")
    if what == "run": raise RunFailure("disk full")
    if what == "bug": {{}}["missing"]
    if what == "stop": raise KeyboardInterrupt
    if what == "exit": raise SystemExit(7)
    if what == "click": raise click.Abort
    if what == "pipe": raise BrokenPipeError("a socket")
    click.echo(what)
    return 5
"""


@pytest.fixture
def speak(plugins, tmp_path) -> Path:
    """A plugin with a command of its own; the marker file grows when the module of the command is imported."""
    marker = tmp_path / "marker"
    source = COMMANDS.format(marker=str(marker))
    plugins.provide("acme-talk", 'Entry("command", "speak", target="acme_talk:speak", summary="Talk aloud")', acme_talk=source)
    return marker


BUILD = """
import os, sys
from hatchling.build import build_wheel
for folder in sys.argv[2:]:
    os.chdir(folder)
    build_wheel(sys.argv[1])
"""
COMMANDS_IN_ONE_PROCESS = """
import json, sys
from click.testing import CliRunner
from zoo_core.cli import zoo
for arguments in json.load(sys.stdin):
    done = CliRunner().invoke(zoo, arguments)
    print(json.dumps([done.exit_code, done.stdout, f"{done.stderr} {done.exception}"]))
"""


class Installed:
    """Distributions as wheels in a folder that is on the path of new processes."""

    def __init__(self, folder: Path, sources: Iterable[Path]) -> None:
        self.folder = folder
        wheels, self.site = folder / "wheels", folder / "site"
        wheels.mkdir()
        removed = ("PYTHONPATH", "ZOO_PLUGINS", "COLUMNS")
        self.variables = {name: value for name, value in os.environ.items() if name not in removed}
        self.variables["PYTHONDONTWRITEBYTECODE"] = "1"
        self.python("-c", BUILD, str(wheels), *map(str, sources))
        pip = ["-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile", "--target", str(self.site)]
        self.python(*pip, *map(str, wheels.glob("*.whl")))
        self.variables["PYTHONPATH"] = str(self.site)

    def python(self, *arguments: str, text: str = "") -> str:
        """What a new Python prints. Fails the test with what it said if it fails."""
        line = [sys.executable, *arguments]
        done = subprocess.run(
            line, env=self.variables, cwd=self.folder, input=text, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def zoo(self, *commands: Sequence[str]) -> list[str]:
        """What each of the commands prints, all in one new process, because each import of torch takes seconds."""
        lines = self.python("-c", COMMANDS_IN_ONE_PROCESS, text=json.dumps(commands)).splitlines()
        outputs = []
        for command, (code, output, error) in zip(commands, map(json.loads, lines), strict=True):
            assert code == 0, f"zoo {' '.join(command)}\n{output}\n{error}"
            outputs.append(output)
        return outputs


@pytest.fixture(scope="session")
def install_wheels() -> Callable[[Path, Iterable[Path]], Installed]:
    """Builds wheels in a folder and installs them for new processes, without an index and without touching this environment."""
    return Installed
