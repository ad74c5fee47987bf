"""`--profile` measures the parts of an iteration, writes them down, and changes no number of the run."""

from __future__ import annotations

import gzip
import json
import time

import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_bench.progress import TrainingProgress
from zoo_bench.run.profile import MEASURED, SKIPPED, profiled, table
from zoo_core.cli import zoo
from zoo_core.errors import RunFailure
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.profile import Profile, idle_share
from zoo_train.run import build


def trained(folder, iterations, take=None):
    """A profiled run and how many steps it gave; `take`: leave it after that many."""
    recipe = tiny_recipe("wgan_gp")
    run = build(recipe, discover())
    run.total = iterations
    data = DeviceData(random_images(recipe.space), recipe.train, recipe.seed, run.device)
    profile, steps = Profile(run.device), 0
    measured = profiled(train(run, data, profile.mark), profile, run, folder, TrainingProgress(quiet=True))
    for _ in measured:
        steps += 1
        if steps == take:
            break
    measured.close()
    return run, profile, steps


def test_every_part_of_every_phase_is_measured_and_the_shares_are_the_whole(tmp_path):
    run, profile, steps = trained(tmp_path / "profile", SKIPPED + MEASURED + 2)
    assert steps == run.iteration == SKIPPED + MEASURED + 2
    assert profile.iterations == MEASURED
    record = json.loads((tmp_path / "profile/phases.json").read_text())
    parts = [f"{phase.name}/{part}" for phase in run.phases for part in ("data", "loss", "backward", "step")]
    assert [part["name"] for part in record["parts"]] == [*parts, "average", "other"]
    assert sum(part["share"] for part in record["parts"]) == pytest.approx(1)
    assert sum(part["milliseconds"] for part in record["parts"]) == pytest.approx(record["ms_per_iteration"])
    assert (tmp_path / "profile/phases.md").read_text() == table(profile.parts(), record["stalls"])
    data = sum(part["share"] for part in record["parts"] if part["name"] in ("critic/data", "generator/data"))
    assert record["stalls"]["data"] == pytest.approx(data) and 0 < data < 1
    assert 0 < record["stalls"]["no operation runs"] < 1


def test_the_trace_holds_the_marks_and_the_operations(tmp_path):
    trained(tmp_path / "profile", SKIPPED + 1)
    trace = json.loads(gzip.decompress((tmp_path / "profile/trace.json.gz").read_bytes()))
    names = {event.get("name", "") for event in trace["traceEvents"]}
    assert {"critic/backward", "generator/loss", "average"} <= names
    assert any("conv" in name for name in names)


def test_a_profiled_run_has_the_weights_of_any_other(tmp_path):
    recipe = tiny_recipe("wgan_gp")
    plain = build(recipe, discover())
    plain.total = 5
    list(train(plain, DeviceData(random_images(recipe.space), recipe.train, recipe.seed, plain.device)))
    run, _, _ = trained(tmp_path / "profile", 5)
    for name, net in plain.nets.items():
        for key, value in net.state_dict().items():
            assert torch.equal(value, run.nets[name].state_dict()[key])


@pytest.mark.parametrize(("iterations", "take", "measured"), [(SKIPPED + 2, None, 2), (50, SKIPPED + 3, 3), (SKIPPED, None, 0)])
def test_a_short_or_stopped_run_keeps_what_was_measured(tmp_path, iterations, take, measured):
    _, profile, _ = trained(tmp_path / "profile", iterations, take)
    assert profile.iterations == measured and not profile.on
    assert (tmp_path / "profile/phases.json").exists() == bool(measured)


def test_times_are_those_of_a_clock():
    profile = Profile(torch.device("cpu"))
    with profile.mark("before"):
        pass  # not started: not measured
    profile.start()
    for _ in range(2):
        with profile.iteration():
            with profile.mark("sleep"):
                time.sleep(0.03)
            time.sleep(0.01)
    profile.stop()
    sleep, other = profile.parts()
    assert (sleep.name, other.name) == ("sleep", "other")
    assert sleep.milliseconds >= 30 and other.milliseconds >= 10  # sleep() never ends early
    assert sleep.share + other.share == pytest.approx(1)


def event(start, end, name="conv", cat="cpu_op"):
    return {"ph": "X", "name": name, "cat": cat, "ts": start, "dur": end - start}


ITERATIONS = [event(100, 200, "iteration", "user_annotation"), event(300, 400, "iteration", "user_annotation")]


@pytest.mark.parametrize(
    ("events", "idle"),
    [
        ([], 1),
        ([event(100, 150), event(110, 120), event(140, 160)], 0.7),  # one within another, two that overlap
        ([event(0, 1000)], 0),
        ([event(0, 110), event(190, 310), event(395, 500)], 1 - 35 / 200),  # over the edges of the iterations
        ([event(0, 1000), event(120, 140, cat="kernel"), event(350, 360, cat="gpu_memcpy")], 0.85),  # a GPU's own
        ([event(0, 1000, "iteration", "gpu_user_annotation"), {"ph": "s", "name": "arrow", "ts": 150}], 1),
    ],
)
def test_the_time_without_operations_is_what_none_covers(events, idle):
    trace = gzip.compress(json.dumps({"traceEvents": [*events, *ITERATIONS]}).encode())
    assert idle_share(trace) == pytest.approx(idle)


@given(st.lists(st.tuples(st.integers(0, 450), st.integers(0, 100)), max_size=20))
@settings(max_examples=50, deadline=None)
def test_it_is_what_counting_microseconds_gives(spans):
    trace = gzip.compress(json.dumps({"traceEvents": [*(event(a, a + d) for a, d in spans), *ITERATIONS]}).encode())
    free = set(range(100, 200)) | set(range(300, 400))
    for start, length in spans:
        free -= set(range(start, start + length))
    assert idle_share(trace) == pytest.approx(len(free) / 200)


def test_a_disk_that_refuses_is_one_line(tmp_path):
    (tmp_path / "profile").write_text("a file where the folder should be")
    with pytest.raises(RunFailure, match="cannot write"):
        trained(tmp_path / "profile", SKIPPED + 2)


def test_the_command_says_the_table(tmp_path):
    size = ["--size", "16", "--set", "generator.width=4", "--set", "critic.width=4", "--set", "dataset.count=32"]
    common = ["bench", "--model", "dcgan", "--steps", "4", "--no-eval", "--threads", "1", *size]
    result = CliRunner().invoke(zoo, [*common, "--profile", "--out", str(tmp_path / "run")], catch_exceptions=False)
    assert result.exit_code == 0
    assert "| critic/backward " in result.stderr
    assert "| of which data " in result.stderr and "| of which no operation runs " in result.stderr
    assert (tmp_path / "run/profile/trace.json.gz").exists()
    again = CliRunner().invoke(zoo, [*common, "--overwrite", "--out", str(tmp_path / "run")], catch_exceptions=False)
    assert again.exit_code == 0 and not (tmp_path / "run/profile").exists()


def test_a_matrix_has_no_profile():
    result = CliRunner().invoke(zoo, ["bench", "--profile", "--seeds", "2", "--steps", "1"])
    assert result.exit_code != 0
    assert "--profile is for one run" in (result.stderr or str(result.exception))
