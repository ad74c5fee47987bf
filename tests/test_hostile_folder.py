"""A folder that somebody sent is data: no command executes what lies in it, nor does an interpreter that one starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import RUN
from zoo_core.executors import Job
from zoo_core.registry.catalog import discover

ROOT = Path(__file__).resolve().parent.parent
# What children import, late or first, of others and of ours.
MODULES = ("pip", "timeit", "wave", "torch", "click", "zoo_core", "zoo_bench")
TINY = [
    *("--model", "dcgan", "--size", "16", "--steps", "1", "--no-eval", "--threads", "1", "--set", "batch=4"),
    *("--set", "generator.width=2", "--set", "critic.width=4"),
]  # fmt: skip
COMMANDS = {
    "a matrix": ["bench", *TINY, "--dataset", "folder:.", "--jobs", "1", "--out", "../out"],
    "several processes": ["bench", *TINY, "--dataset", "folder:.", "--devices", "2", "--out", "../out"],
    "pip to install": ["install", "--no-index", "acme-nothing"],
}


@pytest.fixture
def hostile(tmp_path, monkeypatch) -> Path:
    """The current folder: images, and code that leaves a file in `tmp_path/executed` if it runs."""
    folder, executed = tmp_path / "pictures", tmp_path / "executed"
    folder.mkdir()
    executed.mkdir()
    for number in range(20):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    for module in (*MODULES, "evil"):
        (folder / f"{module}.py").write_text(f"open({str(executed / module)!r}, 'w').close()\n")
    info = folder / "evil-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[zoo.v1]\nevil = evil\n")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    return folder


def executed(folder: Path) -> list[str]:
    return sorted(os.listdir(folder.parent / "executed"))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_command_runs_code_of_the_current_folder(command, hostile):
    done = subprocess.run([sys.executable, "-P", "-c", RUN, *command], capture_output=True, text=True, timeout=300)
    assert executed(hostile) == []
    if command[0] == "bench":
        assert done.returncode == 0, done.stderr
    else:
        assert "pip could not install acme-nothing" in done.stderr


@pytest.mark.parametrize(("name", "library"), [("local", "json"), ("ray", "ray"), ("slurm", "submitit")])
def test_no_executor_runs_code_of_the_current_folder(name, library, hostile, monkeypatch):
    pytest.importorskip(library)
    catalog = discover()
    item = catalog.find("executor", name)
    options = catalog.options("executor", item.id, {"cluster": "local"} if name == "slurm" else {})
    executor = catalog.load_target(item)(options)
    try:
        executor.start(Job("shadowed", "timeit:default_timer", (), hostile))
        executor.start(Job("foreign", "evil:run", (), hostile))
        ended: dict[str, str] = {}
        while len(ended) < 2:
            time.sleep(0.05)
            ended.update(executor.ended())
    finally:
        executor.stop()
    assert executed(hostile) == [] and ended["foreign"] and ended["shadowed"] == ""


def test_no_check_runs_code_of_the_current_folder(hostile, monkeypatch):
    from zoo_testing.fresh import run_fresh

    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])  # as `zoo check` has it
    done = run_fresh("import timeit, zoo_core, sys; print(sys.flags.safe_path)")
    assert (done.stdout.strip(), executed(hostile)) == ("True", []), done.stderr


def test_interpreters_are_started_in_one_way():
    """What starts Python does it through `zoo_core.cli.interpreter`, which is tried above."""
    sources = [*ROOT.glob("zoo_core/**/*.py"), *ROOT.glob("benchmarks/zoo_*/**/*.py"), *ROOT.glob("plugins/*/zoo_*/**/*.py")]
    started = [path.name for path in sources if re.search(r"\[\s*sys\.executable", path.read_text(encoding="utf-8"))]
    assert len(sources) > 200 and started == ["interpreter.py"]
