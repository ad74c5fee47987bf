"""Steps that count or not: against an optimizer that was simply not called."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.gate import gated_step
from zoo_train.optimizers import make_optimizer
from zoo_train.precision import choose_precision
from zoo_train.run import build

CPU = torch.device("cpu")


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(("adam", "adamw", "rmsprop", "sgd")),
    gates=st.lists(st.booleans(), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
def test_a_step_that_does_not_count_leaves_everything_as_if_it_had_not_been(name, gates, seed):
    options = TrainOptions(optimizer=name, lr=0.1, weight_decay=0.01)
    ours, truth = ([torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(2, 2))] for _ in range(2))
    gated, plain = make_optimizer(options, ours, 0.1), make_optimizer(options, truth, 0.1)
    draw = torch.Generator().manual_seed(seed)
    for gate in gates:
        gradients = [torch.randn(p.shape, generator=draw) for p in ours]
        for parameter, gradient in zip(ours, gradients, strict=True):
            parameter.grad = gradient.clone() if gate else gradient * float("nan")  # what does not count may be anything
        gated_step(gated, torch.tensor(float(gate)))
        if gate:
            for parameter, gradient in zip(truth, gradients, strict=True):
                parameter.grad = gradient.clone()
            plain.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, truth, strict=True))


def gated_run(gate, settings=()):
    """Iterations of which `gate(iteration)` says 1, 0 or None (no terms at all) for the critic's phase."""
    run = build(tiny_recipe("gan", settings), discover())
    critic, generator = run.phases

    def loss(nets, batch, draw):
        value = gate(draw.iteration)
        return {} if value is None else {**critic.loss(nets, batch, draw), "~gate": torch.tensor(float(value))}

    run.phases = (dataclasses.replace(critic, loss=loss, gate="~gate"), generator)
    return run


def flat(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()])


def critics(run, iterations):
    """The critic's weights before every iteration and after the last, and the terms of all."""
    run.total = iterations
    data = DeviceData(random_images(run.recipe.space), run.recipe.train, 0, CPU)
    weights, terms = [flat(run.nets["critic"])], []
    for step in train(run, data):
        weights.append(flat(run.nets["critic"]))
        terms.append(step.read())
    return weights, terms


@pytest.mark.parametrize("off", [0, None])
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_phase_moves_only_where_it_has_its_turn(off, optimizer):
    weights, terms = critics(gated_run(lambda i: 1 if i % 3 == 2 else off, [f"train.optimizer={optimizer}"]), 7)
    moved = [not torch.equal(a, b) for a, b in pairwise(weights)]
    assert moved == [False, False, True, False, False, True, False]
    if off is None:
        assert "critic/real" not in terms[0] and "generator/adversarial" in terms[0] and "critic/real" in terms[2]
    else:
        assert [term["critic/gate"] for term in terms] == [0, 0, 1, 0, 0, 1, 0]


def test_turns_survive_a_resume(tmp_path):
    def gate(i):
        return (None, 0, 1)[i % 3]

    whole, _ = critics(gated_run(gate), 10)
    half = gated_run(gate)
    critics(half, 4)
    resumed = gated_run(gate)
    load_checkpoint(resumed, save_checkpoint(half, tmp_path))
    assert torch.equal(critics(resumed, 10)[0][-1], whole[-1])


def test_the_precision_of_a_phase_that_waits_is_not_guessed(monkeypatch):
    monkeypatch.setattr("zoo_train.precision.has_bfloat16", lambda device: True)
    run = gated_run(lambda i: None if i < 5 else 1)
    chosen = choose_precision(run, DeviceData(random_images(run.recipe.space), run.recipe.train, 0, CPU))
    assert chosen["critic"] == "fp32: its turn comes later"
    assert "cosine" in chosen["generator"]
