"""Steps that are replayed from a graph have the bytes of plain ones. The graphs here are recordings on a processor."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from click.testing import CliRunner
from recorded_graph import RecordedGraph

from zoo_core.cli import main, zoo
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.captured import WARM_UP, CapturedStep
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.graphs import capture_phases, problem
from zoo_train.optimizers import rate_on_device
from zoo_train.profile import unmarked
from zoo_train.run import build
from zoo_train.world import ALONE, World

CPU = torch.device("cpu")
ITERATIONS = WARM_UP + 5
AUGMENTED = ["train.augment=colour,translation,cutout,rotation", "train.augment_target=0.6", "train.augment_images=64"]
JOBS = {  # model, settings, labels
    "penalty, adaptive augmentation": ("wgan_gp", [*AUGMENTED, "train.instance_noise=0.1", "train.schedule=linear"], ()),
    "batch norm, dropout, labels": ("acgan", ["train.clip_gradient=0.5", "train.warmup=6"], ("type",)),
    "one network in two phases": ("aae", ["train.shift=0.2"], ()),
    "clipped weights": ("wgan_clip", ["train.optimizer=adamw", "train.weight_decay=0.1"], ()),
    "a guide": ("cgan", ["objective.match=1"], ()),
}


def run_of(model, *settings, captured=None, world=ALONE, **given):
    recipe = tiny_recipe(model, settings, **given)
    run = build(recipe, discover())
    run.total = ITERATIONS
    if captured is not None:
        run.captured = frozenset(captured or (phase.name for phase in run.phases))
    for optimizer in run.optimizers.values():
        rate_on_device(optimizer)  # float32, in plain steps too
    data = DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU, guide=recipe.data.guide, world=world)
    return run, data


def state(run):
    found = {f"{name}.{key}": value for name, net in run.nets.items() for key, value in net.state_dict().items()}
    found |= {f"average.{key}": value for key, value in run.average.state_dict().items()}
    for name, optimizer in run.optimizers.items():
        for i, values in optimizer.state_dict()["state"].items():
            found |= {f"{name}.{i}.{key}": value for key, value in values.items() if isinstance(value, torch.Tensor)}
    return found | ({} if run.adaptive is None else run.adaptive.state_dict())


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(value, second[key]) for key, value in first.items())


@pytest.mark.parametrize("job", JOBS)
def test_replayed_steps_are_plain_ones_bit_for_bit(job, monkeypatch):
    model, settings, labels = JOBS[job]
    given = {"labels": labels} | ({"guide": "edges"} if model == "cgan" else {})
    graphs, replay = set(), RecordedGraph.replay
    monkeypatch.setattr(RecordedGraph, "replay", lambda graph: (graphs.add(graph), replay(graph)))
    plain, data = run_of(model, *settings, **given)
    fast, _ = run_of(model, *settings, captured=(), **given)
    for a, b in zip(train(plain, data), train(fast, data, graph=RecordedGraph), strict=True):
        assert a.values() == b.values()
    assert same(state(plain), state(fast))
    assert len(graphs) == len(fast.phases)
    assert all(graph.replays >= ITERATIONS - WARM_UP for graph in graphs)


def test_terms_of_an_iteration_stay_when_the_next_one_is_done():
    run, data = run_of("dcgan", captured=())
    steps = list(train(run, data, graph=RecordedGraph))
    assert steps[-1].values() != steps[-2].values() != steps[-3].values()


def test_a_loaded_checkpoint_is_recorded_anew(tmp_path):
    plain, data = run_of("dcgan")
    fast, _ = run_of("dcgan", captured=())
    for run, given in ((plain, {}), (fast, {"graph": RecordedGraph})):
        run.total = 2 * ITERATIONS
        for step in train(run, data, **given):
            if step.iteration == WARM_UP + 1:
                path = save_checkpoint(run, tmp_path)
            if step.iteration == WARM_UP + 3 and not run.rollbacks:  # in the midst of it, as a rollback does
                load_checkpoint(run, path)
                run.rollbacks = 1
    assert fast.iteration == 2 * ITERATIONS and same(state(plain), state(fast))


@pytest.mark.parametrize("model", ["wgan_gp", "vae", "ebgan"])
def test_the_check_passes_what_is_the_same(model):
    run, data = run_of(model)
    before = state(run)
    assert {phase.name: problem(run, phase, data, RecordedGraph) for phase in run.phases} == dict.fromkeys(
        (phase.name for phase in run.phases), ""
    )
    assert same(before, state(run)) and run.iteration == 0 and not run.captured


def changed(run, name, loss):
    """The phase with another loss; the run has it, too."""
    run.phases = tuple(dataclasses.replace(p, loss=loss(p.loss)) if p.name == name else p for p in run.phases)
    return next(phase for phase in run.phases if phase.name == name)


def turning(loss):
    calls = []

    def turned(nets, batch, draw):
        calls.append(None)
        sign = 1 if len(calls) <= WARM_UP + 1 else -1
        return {name: value * sign for name, value in loss(nets, batch, draw).items()}

    return turned


def waiting(loss):
    return lambda nets, batch, draw: {n: v * (1 if v.item() > 0 else 2) for n, v in loss(nets, batch, draw).items()}


def numbered(loss):
    return lambda nets, batch, draw: {n: v * (draw.iteration % 2 + 1) for n, v in loss(nets, batch, draw).items()}


@pytest.mark.parametrize(
    ("loss", "why"),
    [
        (turning, "its step changes by "),
        (waiting, "operation not permitted when stream is capturing"),
        (numbered, "its loss depends on the number of the iteration"),
        (lambda loss: lambda nets, batch, draw: {}, "it has no step so early in the run"),
    ],
)
def test_what_a_graph_cannot_hold_is_found_out(loss, why):
    run, data = run_of("dcgan")
    assert why in problem(run, changed(run, "critic", loss), data, RecordedGraph)


def test_a_lazy_penalty_an_optimizer_of_the_processor_and_several_processes_stay_plain():
    run, data = run_of("gan", "objective.penalty=r1", "objective.penalty_interval=2")
    critic, generator = run.phases
    assert "number of the iteration" in problem(run, critic, data, RecordedGraph)
    assert problem(run, generator, data, RecordedGraph) == ""
    recipe = tiny_recipe("dcgan", ["train.optimizer=torch/adagrad"])
    run = build(recipe, discover())
    assert "Adagrad needs numbers of the processor" in problem(run, run.phases[0], data, RecordedGraph)
    run, data = run_of("dcgan", world=World(0, 2))
    assert "several processes" in problem(run, run.phases[0], data, RecordedGraph)


def test_a_captured_step_begins_with_plain_ones():
    run, data = run_of("dcgan")
    optimizer, draw, taken = run.optimizers["critic"], CounterDraw(0, run.prior, CPU), []

    def step(batch, mark):
        taken.append(batch)
        return {"term": batch.images.mean()}

    captured = CapturedStep("critic", step, optimizer, draw, RecordedGraph)
    batches = [data.batch(k) for k in range(WARM_UP + 3)]
    found = [captured(batch, unmarked)["term"] for batch in batches]
    assert taken[:WARM_UP] == batches[:WARM_UP] and len(taken) == WARM_UP + 1  # and one that is recorded
    assert torch.equal(torch.stack(found), torch.stack([batch.images.mean() for batch in batches]))


def test_on_needs_a_gpu_and_off_and_auto_do_nothing_without_one(tmp_path, capsys):
    for asked in ("off", "auto"):
        run, data = run_of("dcgan", f"train.cuda_graph={asked}")
        assert capture_phases(run, data) == {} and not run.captured
    with pytest.raises(ZooError, match=r"train.cuda_graph and train.compile do not go together"):
        run_of("dcgan", "train.cuda_graph=auto", "train.compile=on")
    words = ["bench", "--model", "dcgan", "--size", "16", "--device", "cpu", "--steps", "1", "--out", str(tmp_path / "run")]
    assert main([*words, "--set", "train.cuda_graph=on"]) == 2
    said = capsys.readouterr().err
    assert "train.cuda_graph=on needs an NVIDIA GPU, and this run is on cpu; leave it out" in " ".join(said.split())
    assert not (tmp_path / "run").exists()


def test_a_run_says_what_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr("zoo_bench.run.bench.compile_networks", lambda run, data: {"critic": "it is odd"})
    monkeypatch.setattr("zoo_bench.run.bench.capture_phases", lambda run, data: {"generator": "it reads"})
    size = ["--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "dataset.count=32"]
    words = ["bench", "--model", "dcgan", "--steps", "1", "--no-eval", "--threads", "1", *size, "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(zoo, words, catch_exceptions=False)
    assert result.exit_code == 0
    assert "warning: critic is not compiled: it is odd" in result.stderr
    assert "warning: phase generator is not captured: it reads" in result.stderr


def test_on_fails_and_auto_goes_on_where_a_phase_does_not_pass(monkeypatch):
    for asked in ("auto", "on"):
        run, data = run_of("dcgan", "train.cuda_graph=auto")
        run.recipe = run.recipe.with_option("train", "cuda_graph", asked)
        run.device = torch.device("cuda")  # named, not used: the check is another one here
        monkeypatch.setattr("zoo_train.graphs.problem", lambda run, phase, data: "odd" if phase.name == "critic" else "")
        if asked == "auto":
            assert capture_phases(run, data) == {"critic": "odd"} and run.captured == {"generator"}
        else:
            with pytest.raises(ZooError, match=r"critic cannot be captured, because odd; type --set train.cuda_graph=auto"):
                capture_phases(run, data)
