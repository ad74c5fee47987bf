"""Each executor keeps the contract, and brings a matrix to its end although a cell is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo_bench.records.matrix import read_status
from zoo_core.cli import main
from zoo_core.executors import Job
from zoo_core.registry.catalog import discover
from zoo_testing.conformance import Suite

SMALL = [
    "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "generator.max_width=8",
    "--set", "critic.max_width=8", "--set", "latent=6", "--set", "train.batch=4", "--set", "dataset.count=40",
    "--no-eval", "--threads", "1", "--model", "dcgan",
]  # fmt: skip
STEPS = 150
LIBRARY = {"local": "json", "ray": "ray", "slurm": "submitit"}
CHECKED = {"local": [], "ray": [], "slurm": ["executor.cluster=local"]}
SETTINGS = {
    "local": [],
    "ray": ["--set", "engine.workers=2"],
    "slurm": ["--set", "engine.cluster=local"],
}


@pytest.fixture
def cluster(request):
    """One Ray for all checks: it takes seconds to start."""
    if request.node.callspec.params["name"] == "ray":
        ray = pytest.importorskip("ray")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        request.addfinalizer(ray.shutdown)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("name", LIBRARY)
def test_an_executor_keeps_its_contract(name):
    pytest.importorskip(LIBRARY[name])
    suite = Suite("zoo-bench", settings=CHECKED[name])
    cases = [case for case in suite.cases if case.check.kind == "executor" and case.entry == name]
    assert len(cases) == 3
    for case in cases:
        result = suite.run(case)
        assert result.status == "passed", result.explain()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("name", LIBRARY)
def test_a_killed_cell_goes_on_and_the_matrix_is_completed(name, tmp_path):
    """A cell is killed in the middle; all end with the bytes of runs that nobody disturbed."""
    pytest.importorskip(LIBRARY[name])
    seeds = ("0",) if name == "local" else ("0", "1")  # Ray with two workers
    shared = ["bench", "--steps", str(STEPS), *SMALL]
    typed = [*shared, "--seeds", str(len(seeds)), "--checkpoint-every", "0.1", "--engine", name, *SETTINGS[name]]
    matrix = tmp_path / "m"
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo_core", *typed, "--out", str(matrix)], stderr=subprocess.PIPE, text=True
    )
    cell = matrix / "dcgan-s0"
    _until(lambda: len(list(cell.glob("checkpoints/*.safetensors"))) >= 2 or process.poll() is not None)
    os.kill(read_status(cell)["pid"], signal.SIGKILL)
    _, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert "dcgan-s0 was lost" in err and read_status(cell)["starts"] == 2
    assert "resuming at iteration" in (cell / "log.txt").read_text()
    lines = [json.loads(line)["iteration"] for line in (cell / "metrics.jsonl").open()]
    assert lines == sorted(set(lines)) and lines[-1] == STEPS
    for seed in seeds:
        assert main([*shared, "--seed", seed, "--out", str(tmp_path / seed)]) == 0
        model = "model/model.safetensors"
        assert (matrix / f"dcgan-s{seed}" / model).read_bytes() == (tmp_path / seed / model).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_local_jobs_end_with_their_parent(tmp_path):
    """Even one that is killed leaves no process behind."""
    code = (
        "import sys, time; from pathlib import Path; from zoo_core.executors import Job\n"
        "from zoo_bench.matrix.executor_local import LocalExecutor\n"
        "executor = LocalExecutor(); executor.start(Job('j', 'time:sleep', (600,), Path(sys.argv[1])))\n"
        "print(executor.children['j'].process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    _until(lambda: not _lives(child))


def test_the_end_of_a_local_job_is_told_with_its_last_words(tmp_path):
    executor = discover().load_target(discover().find("executor", "local"))()
    executor.start(Job("a", "no_such_module:run", (), tmp_path))
    executor.start(Job("b", "os:abort", (), tmp_path))
    ended: dict[str, str] = {}
    _until(lambda: ended.update(executor.ended()) or len(ended) == 2)
    assert "No module named 'no_such_module'" in ended["a"] and "exit code 1" in ended["a"]
    assert "signal 6" in ended["b"]


@pytest.mark.parametrize(("name", "library"), [("ray", "ray"), ("slurm", "submitit")])
def test_a_library_that_is_missing_is_named(name, library, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "--engine", name, "--steps", "1", *SMALL]) == 2
    assert f"pip install 'zoo-bench[{name}]'" in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def _until(holds, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a zombie that nobody waits for is dead
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
