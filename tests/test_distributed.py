"""Several processes train as one does: same batches, same draws, same weights; and what happens when one of them is gone."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zoo_bench.asked import Processes
from zoo_bench.run.launch import check_processes, launch, torchrun_words
from zoo_core.cli import main, zoo
from zoo_core.errors import ZooError
from zoo_core.prior import Prior
from zoo_core.recipe.recipe import Guide
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.run import build
from zoo_train.shared_layers import SharedBatchNorm
from zoo_train.world import ALONE, LostContact, World, joined

CPU = torch.device("cpu")
# Adam divides gradients that are zero but for rounding, such as a bias's before batch norm, by their own size.
PLAIN = ["train.optimizer=sgd", "train.lr=0.02", "train.shift=0.2", "train.vflip=true"]
AUGMENTED = ["train.augment=colour,translation,cutout", "train.augment_target=0.6", "train.augment_images=64"]
JOBS: dict[str, tuple[str, list[str], dict[str, Any], int]] = {  # model, settings, what else `plan` is given, iterations
    "wgan_gp": ("wgan_gp", [*PLAIN, *AUGMENTED, "train.instance_noise=0.1", "train.clip_gradient=0.5"], {}, 6),
    "acgan": ("acgan", [*PLAIN, *AUGMENTED], {"labels": ("type",)}, 6),  # batch norm and dropout
    "aae": ("aae", PLAIN, {}, 6),
    "ebgan": ("ebgan", [*PLAIN, "objective.pull_away=2"], {}, 4),  # distances between images
    "relativistic average": ("gan", [*PLAIN, "objective.loss=relativistic_average", "objective.penalty=dragan"], {}, 4),
    "free bits": ("vae", [*PLAIN, "objective.free_bits=0.01"], {}, 4),
    "weaker": ("gan", [*PLAIN, "objective.trains=weaker"], {"parts": {"objective": "gan_strategies"}}, 6),
    "wgan_gp with batch norm": ("wgan_gp", [*PLAIN, "critic.norm=batch"], {}, 3),  # double backward through it
}


def job(name):
    """The recipe and how many iterations it is trained."""
    model, settings, given, iterations = JOBS[name]
    return tiny_recipe(model, settings, **given), iterations


def run_of(recipe, iterations, world=ALONE):
    run = build(recipe, discover())
    run.total = iterations
    images = random_images(recipe.space)
    images.labels[::3] = -1  # the processes do not have as many images with a label
    return run, DeviceData(images, recipe.train, recipe.seed, CPU, world=world)


def state(run):
    found = {f"{name}.{key}": value for name, net in run.nets.items() for key, value in net.state_dict().items()}
    found |= {f"average.{key}": value for key, value in run.average.state_dict().items()}
    return found | ({} if run.adaptive is None else run.adaptive.state_dict())


def process(rank, port, folder, work):
    torch.set_num_threads(1)
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    with joined("cpu") as world:
        torch.save(work(world, folder), folder / f"{rank}.pt")


def together(folder, work):
    """What `work(world, folder)` returns in each of two processes; None where a process did not come to its end."""
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("fork")  # torch is imported already
    started = [context.Process(target=process, args=(rank, port, folder, work)) for rank in range(2)]
    for item in started:
        item.start()
    for item in started:
        item.join(100)
        item.kill()  # nothing if it has ended
    files = [folder / f"{rank}.pt" for rank in range(2)]
    return [torch.load(file) if file.exists() else None for file in files]


def all_jobs(world, folder):
    found = {}
    for name in JOBS:
        run, data = run_of(*job(name), world)
        terms = [step.values() for step in train(run, data)]
        found[name] = (state(run), terms)
    return found


@pytest.fixture(scope="module")
def trained_together(tmp_path_factory):
    return together(tmp_path_factory.mktemp("world") / "jobs", all_jobs)


@pytest.mark.parametrize("name", JOBS)
def test_two_processes_train_as_one(name, trained_together):
    recipe, iterations = job(name)
    run, data = run_of(recipe, iterations)
    terms = [step.values() for step in train(run, data)]
    (mine, my_terms), (other, _) = (found[name] for found in trained_together)
    assert mine.keys() == state(run).keys()
    moved = state(build(recipe, discover()))
    assert max(float((value - moved[key]).abs().max()) for key, value in mine.items() if value.is_floating_point()) > 1e-3
    for key, value in state(run).items():
        assert torch.equal(mine[key], other[key]), f"{key} differs between the processes"
        torch.testing.assert_close(mine[key], value, rtol=1e-4, atol=2e-5, msg=lambda text, key=key: f"{key}: {text}")
    for together_, alone in zip(my_terms, terms, strict=True):
        assert together_ == pytest.approx(alone, rel=1e-3, abs=1e-5)


def one_layer(world, folder):
    """Batch norm's outputs, first and second derivatives, and running statistics, for this process's rows."""
    found = {}
    for momentum in (0.1, None):
        layer, x = layer_and_images(momentum)
        shared = SharedBatchNorm(layer)
        rows = x[world.share(len(x))].clone().requires_grad_(True)
        out = shared(rows)
        (first,) = torch.autograd.grad(out.pow(3).sum(), rows, create_graph=True)
        first.square().sum().backward()
        weight = layer.weight.grad.clone()
        torch.distributed.all_reduce(weight)
        found[momentum] = (out.detach(), first.detach(), rows.grad, weight, layer.running_mean, layer.running_var)
    return found


def layer_and_images(momentum):
    torch.manual_seed(0)
    layer = nn.BatchNorm2d(3, momentum=momentum)
    nn.init.normal_(layer.weight)
    return layer, torch.randn(6, 3, 2, 2) * 2 + 1


def test_batch_norm_has_the_statistics_and_derivatives_of_the_whole_batch(tmp_path):
    found = together(tmp_path / "layer", one_layer)
    for momentum in (0.1, None):
        layer, x = layer_and_images(momentum)
        x.requires_grad_(True)
        out = layer(x)
        (first,) = torch.autograd.grad(out.pow(3).sum(), x, create_graph=True)
        first.square().sum().backward()
        for place, truth in enumerate((out, first, x.grad)):
            torch.testing.assert_close(torch.cat([rank[momentum][place] for rank in found]), truth, rtol=1e-4, atol=1e-3)
        for rank in found:
            truths = (layer.weight.grad, layer.running_mean, layer.running_var)
            torch.testing.assert_close(rank[momentum][3:], truths, rtol=1e-4, atol=1e-3)


def gone_back(world, folder):
    """The first process goes back to iteration 1 once, and leaves after iteration 4; the other knows of nothing."""
    run, data = run_of(tiny_recipe("gan_kiss", ["objective.trains=weaker"]), 50 if world.rank == 0 else 1, world)
    seen = []
    for step in train(run, data):
        seen.append(step.iteration)
        if world.rank:
            continue
        if step.iteration == 1:
            path = save_checkpoint(run, folder)
        if step.iteration == 3 and not run.rollbacks:
            load_checkpoint(run, path)
            run.rollbacks = 1
        elif step.iteration == 4:
            break
    return state(run), seen, run.rollbacks, run.total


def test_the_others_follow_the_first_back_and_out(tmp_path):
    first, other = together(tmp_path / "back", gone_back)
    assert first[1:] == ([1, 2, 3, 2, 3, 4], 1, 50)
    assert other[1:3] == ([1, 2, 3, 2, 3, 4], 1)
    assert all(torch.equal(value, other[0][key]) for key, value in first[0].items())


def one_dies(world, folder):
    run, data = run_of(tiny_recipe("dcgan"), 9, world)
    try:
        for step in train(run, data):
            if step.iteration == 2 and world.rank == 1:
                os._exit(9)
    except LostContact as error:
        return str(error), run.iteration
    return None


def test_a_process_that_is_left_alone_says_so(tmp_path):
    first, other = together(tmp_path / "dies", one_dies)
    assert other is None
    assert first == ("another process of the run has ended, or cannot be reached any more", 2)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.lists(st.integers(1, 3), max_size=2))
@settings(deadline=None, max_examples=50)
def test_rows_of_all_processes_are_what_one_would_draw(size, mine, times, rest):
    def draw(world, n):
        source = CounterDraw(3, Prior(2, "mixture"), CPU, world, size * mine).at(5, 1, 0)
        return source.latent(n), source.normal(n, *rest), source.uniform(*([] if rest else [n]))

    whole = draw(ALONE, size * mine * times)
    parts = [draw(World(rank, size), mine * times) for rank in range(size)]
    for place, truth in enumerate(whole):
        rows = [part[place] for part in parts]
        if truth.dim() == 0:
            assert all(torch.equal(row, truth) for row in rows)
            continue
        blocks = [row.view(times, mine, *row.shape[1:]) for row in rows]
        assert torch.equal(torch.stack(blocks, 1).view(truth.shape), truth)


@pytest.mark.parametrize("size", [2, 3])
def test_shares_of_a_batch_are_the_batch(size):
    images = random_images(tiny_recipe().space, 10)
    options = TrainOptions(batch=6, shift=0.2, vflip=True)
    whole = DeviceData(images, options, 1, CPU, guide=Guide("edges"))
    parts = [DeviceData(images, options, 1, CPU, guide=Guide("edges"), world=World(rank, size)) for rank in range(size)]
    for k in (0, 7):
        batch, shares = whole.batch(k), [part.batch(k) for part in parts]
        assert torch.equal(torch.cat([share.images for share in shares]), batch.images)
        assert torch.equal(torch.cat([share.condition.guide for share in shares]), batch.condition.guide)


SMALL = ["--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "train.batch=8"]
SMALL += ["--set", "dataset.count=32", "--model", "dcgan", "--no-eval", "--device", "cpu", "--threads", "1"]


def child_of_rank(rank):
    for number in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        if f"\0RANK={rank}\0" in f"\0{Path(f'/proc/{number}/environ').read_text()}":
            return int(number)
    raise AssertionError(f"there is no process of rank {rank}")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the process in /proc")
def test_a_dead_process_ends_the_run_and_one_process_goes_on(tmp_path, capfd, monkeypatch):
    folder = tmp_path / "run"
    words = ["bench", "--devices", "2", "--steps", "1000000", "--checkpoint-every", "0.5", "--out", str(folder), *SMALL]
    monkeypatch.setattr("sys.argv", ["zoo", *words])

    def kill():
        for _ in range(600):
            time.sleep(0.1)
            if len(list(folder.glob("checkpoints/*.safetensors"))) == 2:
                break
        os.kill(child_of_rank(1), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert main(words) == 1
    killer.join()
    said = capfd.readouterr().err
    assert (
        f"process 1 of the run was ended by SIGKILL; go on from the last checkpoint with: zoo bench --resume {folder}" in said
    )
    assert "Traceback" not in said
    assert json.loads((folder / "recipe.json").read_text())["provenance"]["hardware"]["devices"] == 2
    reached = max(int(path.stem) for path in folder.glob("checkpoints/*.safetensors"))
    assert reached > 0
    assert main(["bench", "--resume", str(folder), "--steps", str(reached + 2), "--change-recipe", "--no-eval"]) == 0
    said = capfd.readouterr().err
    assert f"resuming at iteration {reached}" in said and "devices 1 (was 2)" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--devices", "3"], "train.batch=8 cannot be shared by 3 processes; type --set train.batch=9"),
        (["--devices", "2", "--nodes", "2"], "--nodes 2 needs --rendezvous HOST:PORT"),
        (["--nodes", "2", "--rendezvous", "host"], "--nodes 2 needs --rendezvous HOST:PORT"),
        (["--nodes", "2", "--rendezvous", "host:1", "--node", "2"], "nodes have the numbers 0 to 1"),
        (["--devices", "2", "--seeds", "2"], "--devices is for one run"),
        (["--devices", "0"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(words, message, tmp_path, capsys):
    assert main(["bench", *SMALL, *words, "--out", str(tmp_path / "run")]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


def test_processes_that_torchrun_started_must_be_as_many(monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(ZooError, match="torchrun has started 4 processes"):
        check_processes(Processes(2), tiny_recipe())


def test_the_words_for_torchrun():
    one = torchrun_words(Processes(2))
    assert "--standalone" in one and one[-2:] == ["-m", "zoo_core"]
    many = torchrun_words(Processes(4, 2, 1, "host:29500"))
    assert many[many.index("--node-rank") + 1] == "1" and many[many.index("--master-port") + 1] == "29500"


def test_torchrun_is_not_confused_by_options_that_begin_like_its_own(monkeypatch):
    started = []
    monkeypatch.setattr("torch.distributed.run.run", started.append)
    words = ["bench", "--nodes", "2", "--node", "1", "--rendezvous", "host:29500", "--device", "cpu"]
    assert launch(Processes(1, 2, 1, "host:29500"), words, "zoo bench --resume runs/x") == 0
    (arguments,) = started
    assert (arguments.nnodes, arguments.nproc_per_node, arguments.node_rank) == ("2", "1", 1)
    assert (arguments.training_script, arguments.module, arguments.training_script_args) == ("zoo_core", True, words)


def test_help_names_the_options():
    said = CliRunner().invoke(zoo, ["bench", "--help"]).output
    assert all(option in said for option in ("--devices", "--nodes", "--node ", "--rendezvous"))
