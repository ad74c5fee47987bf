"""Networks are compiled only where no gradient changes by it. The backends here trace as inductor does, without its code."""

from __future__ import annotations

import copy

import pytest
import torch

from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.compiled import compile_networks
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.precision import phase_gradient, use_tf32
from zoo_train.run import build
from zoo_train.world import ALONE, World

CPU = torch.device("cpu")


def run_of(model, *settings, world=ALONE):
    recipe = tiny_recipe(model, settings)
    run = build(recipe, discover())
    return run, DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU, world=world)


def compiled(run):
    return {name for name, net in run.nets.items() if net._compiled_call_impl is not None}


@pytest.fixture(autouse=True)
def fresh():
    yield
    torch.compiler.reset()


def test_a_double_backward_keeps_its_critic_as_it_is_and_the_rest_is_compiled():
    # With a norm the critic has no input gradient of its own, so the penalty differentiates twice.
    run, data = run_of("wgan_gp", "train.compile=auto", "critic.norm=layer")
    before = {name: copy.deepcopy(net.state_dict()) for name, net in run.nets.items()}
    left = compile_networks(run, data, "aot_eager")
    assert set(left) == {"critic"} and compiled(run) == {"generator"}
    assert "phase critic" in left["critic"]
    assert all(torch.equal(value, run.nets[name].state_dict()[key]) for name in before for key, value in before[name].items())


def test_a_forward_penalty_lets_all_be_compiled_and_training_is_the_same():
    run, data = run_of("wgan_gp", "train.compile=auto")
    assert compile_networks(run, data, "aot_eager") == {}
    assert compiled(run) == {"generator", "critic"}
    plain, _ = run_of("wgan_gp")
    run.total = plain.total = 2
    for a, b in zip(train(run, data), train(plain, data), strict=True):
        assert a.values() == pytest.approx(b.values(), rel=1e-4, abs=1e-6)
    assert run.nets["critic"].state_dict().keys() == plain.nets["critic"].state_dict().keys()  # checkpoints fit


def wrong(graph, inputs):
    return lambda *given: tuple(value * 1.01 if value.is_floating_point() else value for value in graph(*given))


def test_a_compiler_that_changes_numbers_is_found_out():
    run, data = run_of("dcgan", "train.compile=auto")
    left = compile_networks(run, data, wrong)
    assert set(left) == {"generator", "critic"} and not compiled(run)
    assert "changes by" in left["critic"]


def test_on_means_on_and_off_means_off():
    run, data = run_of("wgan_gp", "train.compile=on", "critic.norm=layer")
    with pytest.raises(ZooError, match=r"critic cannot be compiled, because .*; type --set train.compile=auto"):
        compile_networks(run, data, "aot_eager")
    run, data = run_of("dcgan")
    assert compile_networks(run, data, wrong) == {} and not compiled(run)


def test_several_processes_are_not_compiled():
    run, data = run_of("dcgan", "train.compile=auto", world=World(0, 2))
    assert set(compile_networks(run, data)) == {"generator", "critic"} and not compiled(run)


@pytest.mark.parametrize(("asked", "chosen"), [("on", True), ("off", False), ("auto", False)])
def test_tf32_is_as_asked_and_auto_is_off_without_a_gpu(asked, chosen):
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    run, data = run_of("dcgan", f"train.tf32={asked}")
    gradient = phase_gradient(run, run.phases[0], 0, data, bf16=False)
    try:
        assert use_tf32(run, data) is chosen
        assert torch.backends.cuda.matmul.allow_tf32 is torch.backends.cudnn.allow_tf32 is chosen
        assert torch.equal(phase_gradient(run, run.phases[0], 0, data, bf16=False), gradient)
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
