"""What a run does about trouble: it warns, stops or goes back, and the last good state stays."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
import torch

from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.loop import train_run
from zoo_bench.run.options import RunOptions
from zoo_bench.run.trouble import ROLLBACKS, reported
from zoo_core.errors import RunFailure
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.checkpoint import checkpoints, load_newest
from zoo_train.data import DeviceData
from zoo_train.run import build

CPU = torch.device("cpu")
EVER, NEVER = 0.0, 1e9


class Bench:
    """A run whose generator phase is given a value that is not finite at chosen iterations, and its folder."""

    def __init__(self, path, bad=lambda run, iteration: False, settings=()):
        self.run = build(tiny_recipe("wgan_gp", settings), discover())
        self.folder = RunFolder(path)
        self.folder.samples.mkdir(parents=True)
        self.images = random_images(self.run.recipe.space)
        normal = self.run.phases[1].loss

        def loss(nets, batch, draw):
            terms = dict(normal(nets, batch, draw))
            if bad(self.run, draw.iteration):
                terms["score"] = terms["score"] * math.nan
            return terms

        self.run.phases = (self.run.phases[0], dataclasses.replace(self.run.phases[1], loss=loss))

    def train(self, policy, checkpoint_every=EVER, steps=30):
        recipe = self.run.recipe
        self.run.total = steps
        data = DeviceData(self.images, recipe.train, recipe.seed, CPU)
        options = RunOptions(checkpoint_every=checkpoint_every, on_trouble=policy)
        return train_run(self.run, data, self.images, self.folder, TrainingProgress(quiet=True), options)

    def lines(self):
        return [json.loads(line) for line in self.folder.metrics.read_text().splitlines()]


@pytest.mark.parametrize("policy", ["warn", "stop"])
def test_a_value_that_is_not_finite_stops_and_the_state_before_it_stays(policy, tmp_path):
    bench = Bench(tmp_path / "run", lambda run, iteration: iteration >= 12)
    with pytest.raises(
        RunFailure, match=r"iteration 13: term score of phase generator is not finite; try a smaller"
    ) as failure:
        bench.train(policy)
    assert f"zoo bench --resume {bench.folder.path} --on-trouble rollback" in str(failure.value)
    fresh = Bench(tmp_path / "other").run
    load_newest(fresh, bench.folder.checkpoints)
    assert fresh.iteration == 12
    assert all(value.isfinite().all() for net in fresh.nets.values() for value in net.state_dict().values())
    last = bench.lines()[-1]
    assert last["iteration"] == 13 and "generator/score" not in last["terms"]
    assert last["trouble"][0]["kind"] == "non-finite" and reported(bench.folder) == [last["trouble"][0]["message"]]


def test_a_rollback_halves_the_rate_and_goes_on_to_the_end(tmp_path):
    bench = Bench(tmp_path / "run", lambda run, iteration: iteration == 12 and run.rollbacks < 2)
    assert bench.train("rollback")
    run = bench.run
    assert (run.iteration, run.rollbacks) == (30, 2)
    lines = {line["iteration"]: line for line in bench.lines()}
    rate = run.learning_rates["generator"]
    assert lines[12]["lr"] == pytest.approx(rate) and lines[13]["lr"] == pytest.approx(rate / 4)
    assert [record["rate"] for record in lines[12]["rollbacks"]] == [0.5, 0.25] and "terms" in lines[12]
    said = reported(bench.folder)
    assert (
        len(said) == 2 and all("went back to iteration 12" in text for text in said) and "0.25 of the learning rate" in said[1]
    )
    assert [line["iteration"] for line in bench.lines()] == sorted(line["iteration"] for line in bench.lines())
    loaded = Bench(tmp_path / "other").run
    load_newest(loaded, bench.folder.checkpoints)
    assert loaded.rollbacks == 2  # a resumed run keeps its rate


def test_without_a_checkpoint_a_rollback_is_to_the_start_and_rollbacks_have_an_end(tmp_path):
    bench = Bench(tmp_path / "run", lambda run, iteration: iteration == 7)
    with pytest.raises(RunFailure, match=f"{ROLLBACKS} rollbacks have not helped"):
        bench.train("rollback", NEVER)
    assert bench.run.rollbacks == ROLLBACKS
    assert [int(path.stem) for path in checkpoints(bench.folder.checkpoints)] == [0]
    assert len([line for line in bench.lines() if line["iteration"] == 0][-1]["rollbacks"]) == ROLLBACKS


def test_what_does_not_end_a_run_is_a_warning_that_is_told_once(tmp_path, monkeypatch):
    monkeypatch.setattr("zoo_bench.run.trouble.SOONEST", 10)
    bench = Bench(tmp_path / "run")
    with torch.no_grad():
        next(bench.run.nets["generator"].parameters()).zero_()  # the latent does not enter
    bench.run.phases = bench.run.phases[:1]  # and never will
    assert bench.train("warn")
    kinds = [item["kind"] for line in bench.lines() for item in line.get("trouble", ())]
    assert kinds == ["collapse"]
    assert bench.lines()[-1]["iteration"] == 30
    again = Bench(tmp_path / "again")
    with torch.no_grad():
        next(again.run.nets["generator"].parameters()).zero_()
    again.run.phases = again.run.phases[:1]
    with pytest.raises(RunFailure, match="samples have collapsed"):
        again.train("stop")
    assert checkpoints(again.folder.checkpoints)


def test_a_collapse_that_rollbacks_do_not_cure_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("zoo_bench.run.trouble.SOONEST", 5)
    bench = Bench(tmp_path / "run")
    with torch.no_grad():
        next(bench.run.nets["generator"].parameters()).zero_()
    bench.run.phases = bench.run.phases[:1]
    assert bench.train("rollback", NEVER, steps=12)
    assert (bench.run.iteration, bench.run.rollbacks) == (12, ROLLBACKS)
    assert len(reported(bench.folder)) == ROLLBACKS + 1


def test_a_run_that_is_well_is_not_disturbed(tmp_path):
    for policy in ("warn", "rollback"):
        bench = Bench(tmp_path / policy, settings=["train.lr=0.002"])
        assert bench.train(policy, NEVER)
        assert not reported(bench.folder) and bench.run.rollbacks == 0
    first, second = ((tmp_path / policy / "checkpoints/00000030.safetensors") for policy in ("warn", "rollback"))
    assert load(first) == load(second)


def load(path):
    from safetensors.torch import load_file

    return {name: value.tolist() for name, value in load_file(path).items()}
