"""Scores while a model trains: measured when they are due, named by their identity, and without a trace in the model."""

import json

import pytest

from zoo_bench.data.load import load_images
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.fidelity import kid
from zoo_bench.records.folder import RunFolder
from zoo_bench.report.board import render_board
from zoo_bench.report.page import render
from zoo_bench.run.scored import SAMPLES, Meter
from zoo_bench.samples.drawn import generate
from zoo_core.cli import main
from zoo_core.model.bundle import load_bundle
from zoo_core.registry.catalog import discover

SMALL = [
    "bench", "--model", "dcgan", "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set",
    "train.batch=4", "--set", "dataset.count=40", "--threads", "1", "--no-eval", "--device", "cpu", "--steps", "5",
]  # fmt: skip


class Count:
    total = 6

    def __init__(self, iteration, each):
        self.iteration, self.images_per_iteration = iteration, each


@pytest.mark.parametrize(
    ("every", "each", "due"), [(8, 4, [2, 4, 6]), (10, 4, [3, 5, 6]), (3, 4, [1, 2, 3, 4, 5, 6]), (0, 4, [])]
)
def test_it_is_due_once_for_every_multiple_that_is_passed_and_at_the_end(every, each, due):
    meter = Meter(None, (255, 255, 255), every)
    assert [i for i in range(1, 7) if meter.due(Count(i, each))] == due


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scored") / "run"
    assert main([*SMALL, "--out", str(folder), "--score-every", "4"]) == 0
    return folder


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_the_score_is_that_of_the_evaluator(scored):
    recipe = RunFolder(scored).load_recipe()
    images = load_images(recipe, discover())
    found = {line["iteration"]: line["scores"] for line in lines(scored) if "scores" in line}
    assert sorted(found) == [1, 2, 3, 4, 5]
    assert len({id for scores in found.values() for id in scores}) == 1
    fakes, _ = generate(load_bundle(scored / "model", discover()), images, SAMPLES)
    expected = evaluate(images, fakes, metrics={"kid": kid}).to_json()["scores"][0]
    assert found[5] == {expected["id"]: pytest.approx(expected["value"], rel=1e-5)}


def test_the_model_is_the_same_without(scored, tmp_path):
    assert main([*SMALL, "--out", str(tmp_path / "run")]) == 0
    weights = "model/model.safetensors"
    assert (scored / weights).read_bytes() == (tmp_path / "run" / weights).read_bytes()
    assert not any("scores" in line for line in lines(tmp_path / "run"))


def test_both_pages_show_the_curve(scored, tmp_path):
    (id,) = {id for line in lines(scored) for id in line.get("scores", {})}
    render_board([scored], tmp_path / "all.html")
    for page in (render(scored), tmp_path / "all.html"):
        source = page.read_text("utf-8")
        assert f">{id}<" in source and "scores" in source.lower()
