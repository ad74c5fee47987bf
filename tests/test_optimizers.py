"""Optimizers and schedules by name, and gradient clipping."""

from __future__ import annotations

import itertools
import math
import sys
import warnings

import pytest
import torch
from torch import nn

from zoo_core.errors import ZooError
from zoo_core.recipe.train_options import SCHEDULES, TrainOptions
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.optimizers import make_optimizer, rate_on_device, set_rate, torch_optimizers
from zoo_train.run import build
from zoo_train.schedules import rate_factor


def parameters():
    return [nn.Parameter(torch.ones(shape)) for shape in ((2,), (2, 2), (2, 2, 3, 3))]


def weights(run):
    return [value for net in (*run.nets.values(), run.average) for value in net.state_dict().values()]


def test_the_default_is_fused_adam_with_the_options_of_the_trainer():
    optimizer = make_optimizer(TrainOptions(), parameters(), 0.003)
    assert type(optimizer) is torch.optim.Adam
    group = optimizer.param_groups[0]
    assert (group["lr"], group["betas"], group["weight_decay"], group["fused"]) == (0.003, (0.5, 0.999), 0.0, True)


@pytest.mark.parametrize(
    ("name", "fused", "capturable"),
    [
        ("adam", True, True),
        ("adamw", True, True),
        ("rmsprop", None, True),
        ("sgd", True, None),
        ("torch/nadam", None, True),
        ("torch/adam", None, True),
    ],
)
def test_on_a_gpu_steps_need_no_number_of_the_processor(name, fused, capturable):
    # Made for a GPU and not used: the parameters lie here.
    with warnings.catch_warnings():  # of which one kind is turned off
        group, plain, here = (
            make_optimizer(TrainOptions(optimizer=name, cuda_graph=asked), parameters(), 0.003, device).param_groups[0]
            for asked, device in (("auto", "cuda"), ("off", "cuda"), ("auto", "cpu"))
        )
    assert (group.get("fused"), group.get("capturable")) == (fused, capturable)
    assert plain.get("fused") == fused
    assert not plain.get("capturable") and not here.get("capturable")


def test_a_rate_that_is_a_tensor_changes_in_place():
    plain, on_device = (make_optimizer(TrainOptions(), parameters(), 0.25) for _ in range(2))
    rate_on_device(on_device)
    held = on_device.param_groups[0]["lr"]
    for optimizer in (plain, on_device):
        set_rate(optimizer, 0.5)
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    rate_on_device(on_device)
    assert on_device.param_groups[0]["lr"] is held and held == 0.5 and plain.param_groups[0]["lr"] == 0.5
    for a, b in zip(plain.param_groups[0]["params"], on_device.param_groups[0]["params"], strict=True):
        assert torch.equal(a, b)
    with pytest.raises(ZooError, match="RMSprop needs numbers of the processor"):
        rate_on_device(make_optimizer(TrainOptions(optimizer="rmsprop"), parameters(), 0.25))


@pytest.mark.parametrize("name", ["torch/Adam", "torch/nadam", "timm/lion", "timm/adamw", "timm/sgd", "torch/sgd"])
def test_names_get_the_options_that_they_have(name):
    options = TrainOptions(optimizer=name, beta1=0.3, beta2=0.7, weight_decay=0.25)
    optimizer = make_optimizer(options, parameters(), 0.003)
    group = optimizer.param_groups[0]
    assert group["lr"] == 0.003 and group["weight_decay"] == 0.25 and len(optimizer.param_groups) == 1
    assert group.get("betas", (0.3, 0.7)) == (0.3, 0.7) and group.get("momentum", 0.3) == 0.3
    assert "betas" in group or "momentum" in group


def test_torch_by_name_is_torch():
    ours, theirs = parameters(), parameters()
    pair = (
        make_optimizer(TrainOptions(optimizer="torch/nadam", weight_decay=0.1), ours, 0.1),
        torch.optim.NAdam(theirs, lr=0.1, betas=(0.5, 0.999), weight_decay=0.1),
    )
    for k in range(3):
        for optimizer, group in zip(pair, (ours, theirs), strict=True):
            for parameter in group:
                parameter.grad = torch.full_like(parameter, 0.5 - k)
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_every_optimizer_of_torch_steps_or_is_refused_in_one_line():
    works = 0
    for name in torch_optimizers():
        given = parameters()
        try:
            optimizer = make_optimizer(TrainOptions(optimizer=f"torch/{name}"), given, 0.1)
        except ZooError as error:
            assert "\n" not in str(error) and "try adam" in str(error)
            continue
        for parameter in given:
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        assert all(not torch.equal(p, torch.ones_like(p)) for p in given), name
        works += 1
    assert works >= 9


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("adm", "did you mean adam?"),
        ("lion", "torch/NAME or timm/NAME"),
        ("timm/", "torch/NAME or timm/NAME"),
        ("torch/nadm", "did you mean torch/nadam?"),
        ("torch/lbfgs", "torch has no such optimizer"),
        ("torch/Optimizer", "torch has no such optimizer"),
        ("timm/lyon", "did you mean timm/lion?"),
        ("timm/adahessian", "second derivatives"),
        ("timm/bnbadam", "try adam"),
        ("timm/kron", "checkpoints cannot hold"),
        ("torch/../x", "torch has no such optimizer"),
    ],
)
def test_names_that_mean_nothing_are_answered_with_those_that_do(name, said):
    with pytest.raises(ZooError) as error:
        build(tiny_recipe("wgan_gp", [f"train.optimizer={name}"]), discover())
    assert said in str(error.value) and name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("setting", ["train.optimizer=timm/lion", "train.schedule=timm/cosine"])
def test_without_timm_it_is_said_what_to_install(setting, monkeypatch):
    for module in ("timm", "timm.optim", "timm.scheduler"):
        monkeypatch.setitem(sys.modules, module, None)
    from zoo_train import schedules

    schedules._timm_scheduler.cache_clear()
    with pytest.raises(ZooError, match="needs timm; type pip install timm"):
        build(tiny_recipe("wgan_gp", [setting]), discover())


@pytest.mark.parametrize("name", ["torch/radam", "torch/adafactor", "timm/lion", "timm/nadamw", "timm/adanw", "timm/lamb"])
def test_resume_is_bit_for_bit_with_any_optimizer(name, tmp_path):
    settings = [f"train.optimizer={name}", "train.schedule=timm/cosine", "train.warmup=5", "train.clip_gradient=0.5"]
    recipe = tiny_recipe("wgan_gp", settings)
    whole = trained(recipe, 12)
    half = build(recipe, discover())
    half.total = 12
    for step in train(half, DeviceData(random_images(recipe.space), recipe.train, recipe.seed, half.device)):
        if step.iteration == 7:
            break
    resumed = build(recipe, discover())
    load_checkpoint(resumed, save_checkpoint(half, tmp_path))
    trained(recipe, 12, resumed)
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(resumed), strict=True))


def test_schedules_of_timm_are_theirs():
    half_cosine = [0.5 * (1 + math.cos(math.pi * i / 100)) for i in range(100)]
    found = [rate_factor(TrainOptions(schedule="timm/cosine"), i, 100) for i in range(100)]
    assert found == pytest.approx(half_cosine)
    for name in SCHEDULES:
        factors = [rate_factor(TrainOptions(schedule=name), i, 1000) for i in range(1000)]
        assert factors[0] == pytest.approx(1, abs=2e-3) and all(a >= b for a, b in itertools.pairwise(factors))
        assert (factors[-1] < 0.05) == (name != "constant")
        backwards = [rate_factor(TrainOptions(schedule=name), i, 1000) for i in reversed(range(1000))]
        assert backwards[::-1] == factors  # nothing is remembered
        assert rate_factor(TrainOptions(schedule=name), 5, None) == 1.0


def test_warm_up_is_a_straight_line_and_multiplies_the_schedule():
    options = TrainOptions(warmup=10, schedule="linear")
    assert [rate_factor(options, i, 100) for i in range(10)] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert rate_factor(options, 75, 100) == pytest.approx(0.5)


@pytest.mark.parametrize("limit", [0.01, 1e6])
def test_a_clipped_step_is_that_of_a_gradient_of_this_length(limit):
    settings = ["train.optimizer=sgd", "train.beta1=0", "train.lr=0.1"]
    before = build(tiny_recipe("dcgan", settings), discover())
    first = {name: [p.detach().clone() for p in net.parameters()] for name, net in before.nets.items()}
    plain, clipped = (trained(tiny_recipe("dcgan", [*settings, *more]), 1) for more in ([], [f"train.clip_gradient={limit}"]))
    steps = []
    for run in (plain, clipped):
        pairs = zip(run.nets["critic"].parameters(), first["critic"], strict=True)
        steps.append(torch.cat([(after.detach() - start).flatten() for after, start in pairs]))
    length = float(steps[0].norm() / 0.1)
    assert length > 0.01
    assert torch.allclose(steps[1], steps[0] * min(1.0, limit / length), rtol=1e-2, atol=1e-7)
