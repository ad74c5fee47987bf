"""Who trains, and when: every strategy does what it says, and nothing else."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from zoo_kiss.strategies import GanStrategies, critic_is_weaker, noise_at
from zoo_kiss.strategy_options import StrategyOptions

from zoo_core.errors import ZooError
from zoo_core.interfaces import Batch, Condition
from zoo_core.objectives.losses import cross_entropy
from zoo_core.objectives.options import LOSSES
from zoo_core.prior import Prior
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.run import build

CPU = torch.device("cpu")


def start(*settings, model="gan_kiss"):
    return build(tiny_recipe(model, settings), discover())


def flat(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()])


def follow(run, iterations, images=20):
    """Per iteration: its terms, and the names of the networks whose weights moved."""
    run.total = iterations
    data = DeviceData(random_images(run.recipe.space, images), run.recipe.train, 0, CPU)
    before = {name: flat(net) for name, net in run.nets.items()}
    found = []
    for step in train(run, data):
        after = {name: flat(net) for name, net in run.nets.items()}
        found.append((step.read(), {name for name in after if not torch.equal(before[name], after[name])}))
        before = after
    return found


# --- only the weaker -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_only_the_weaker_trains(optimizer):
    run = start("objective.trains=weaker", f"train.optimizer={optimizer}", "train.lr=0.01", "train.batch=8")
    seen = set()
    for terms, moved in follow(run, 40):
        critic = (terms["critic/real_accuracy"] + terms["critic/fake_accuracy"]) / 2
        weaker = "critic" if critic < 1 - terms["critic/fake_accuracy"] else "generator"
        assert moved == {weaker}
        assert (terms["critic/trained"], terms["generator/trained"]) == ((1, 0) if weaker == "critic" else (0, 1))
        seen.add(weaker)
    assert seen == {"critic", "generator"}  # both had their turn, so the test can fail


@pytest.mark.parametrize(
    ("real", "fake", "weaker"), [(1.0, 1.0, False), (0.0, 0.0, True), (0.5, 0.5, False), (0.9, 0.2, True), (0.0, 0.5, True)]
)
def test_the_weaker_is_who_has_the_worse_accuracy(real, fake, weaker):
    assert bool(critic_is_weaker(torch.tensor(real), torch.tensor(fake))) == weaker


def test_both_train_by_default():
    assert all(moved == {"critic", "generator"} for _, moved in follow(start(), 5))


# --- frozen or not ---------------------------------------------------------------------------------------------------


def generator_phase(*settings):
    """The critic before and after iterations of the generator's phase alone, and the last terms."""
    run = start(*settings, "train.lr=0.003", "critic.dropout=0")
    run.phases = run.phases[1:]
    critic = flat(run.nets["critic"])
    terms = follow(run, 12)
    return run, critic, terms


def test_a_frozen_critic_stands_still():
    run, critic, _ = generator_phase()
    assert torch.equal(critic, flat(run.nets["critic"]))
    assert all(p.grad is None for p in run.nets["critic"].parameters())


def test_a_critic_that_is_not_frozen_is_moved_to_call_generated_images_real():
    run, critic, terms = generator_phase("objective.freeze_critic=false")
    assert not torch.equal(critic, flat(run.nets["critic"]))
    assert all(moved == {"critic", "generator"} for _, moved in terms)
    frozen = generator_phase()[2]
    assert terms[-1][0]["generator/adversarial"] < frozen[-1][0]["generator/adversarial"]


def test_a_clip_holds_after_the_generators_step_too():
    run = start("objective.freeze_critic=false", "train.lr=0.05", model="wgan_kiss")
    follow(run, 3)
    assert flat(run.nets["critic"]).abs().max().item() == pytest.approx(0.1)


# --- pretraining -----------------------------------------------------------------------------------------------------


def test_pretraining_lowers_the_reconstruction_error_and_then_the_game_begins():
    run = start("objective.pretrain=60", "train.lr=0.01", "train.flip=false", "critic.dropout=0")
    record = follow(run, 65, images=2)
    errors = [terms["pretrain/reconstruction"] for terms, _ in record[:60]]
    assert sum(errors[-10:]) < 0.8 * sum(errors[:10])
    for terms, moved in record[:60]:
        assert moved == {"generator", "encoder"} and terms.keys() == {"pretrain/reconstruction"}
    for terms, moved in record[60:]:
        assert moved == {"generator", "critic"} and "pretrain/reconstruction" not in terms


def test_the_encoder_has_as_many_outputs_as_the_latent_and_is_there_only_if_asked_for():
    run = start("objective.pretrain=1")
    images = torch.randn(2, 3, 16, 16)
    assert run.nets["encoder"](images, Condition()).shape == (2, 6)
    assert run.nets["generator"].latent == 6
    assert start().nets.keys() == {"generator", "critic"}


def test_a_resume_is_bit_for_bit(tmp_path):
    settings = ("objective.pretrain=3", "objective.trains=weaker", "objective.noise=0.2", "objective.noise_steps=9")
    whole, half, resumed = (start(*settings) for _ in range(3))
    follow(whole, 12)
    half.total = 12
    data = DeviceData(random_images(half.recipe.space), half.recipe.train, 0, CPU)
    list(itertools.islice(train(half, data), 5))
    load_checkpoint(resumed, save_checkpoint(half, tmp_path))
    follow(resumed, 12)
    assert resumed.iteration == 12
    assert all(torch.equal(flat(whole.nets[name]), flat(resumed.nets[name])) for name in whole.nets)


# --- noise, smoothing, ratio -----------------------------------------------------------------------------------------


@given(sd=st.floats(0.01, 2), steps=st.integers(0, 1000), pretrain=st.integers(0, 100), iteration=st.integers(0, 2000))
def test_noise_falls_in_a_straight_line(sd, steps, pretrain, iteration):
    options = StrategyOptions(noise=sd, noise_steps=steps, pretrain=pretrain)
    played = max(0, iteration - pretrain)
    expected = sd if not steps else 0.0 if played >= steps else sd * (steps - played) / steps
    assert math.isclose(noise_at(options, iteration), expected, abs_tol=1e-12)


@pytest.mark.parametrize(("iteration", "expected"), [(0, 0.4), (5, 0.2), (10, 0.0), (11, 0.0)])
@pytest.mark.parametrize("phase", ["critic", "generator"])
def test_the_critic_sees_that_noise_on_all_images(phase, iteration, expected):
    class Watch(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = []

        def forward(self, x, condition):
            self.seen.append(x.detach())
            return x.flatten(1).mean(1, keepdim=True)

    class Grey(torch.nn.Module):
        def forward(self, z, condition):
            return torch.zeros(len(z), 3, 32, 32, requires_grad=True) + 0.5

    objective = GanStrategies(StrategyOptions(noise=0.4, noise_steps=10, latent=4))
    watch = Watch()
    draw = CounterDraw(0, Prior(4, "normal"), CPU).at(iteration, 0, 0)
    batch = Batch(torch.full((16, 3, 32, 32), 0.5), Condition())
    {part.name: part.loss for part in objective.phases()}[phase]({"generator": Grey(), "critic": watch}, batch, draw)
    assert len(watch.seen) == (2 if phase == "critic" else 1)
    for images in watch.seen:
        assert images.std().item() == pytest.approx(expected, abs=0.01)
        assert images.mean().item() == pytest.approx(0.5, abs=0.01)
    assert len({float(images.sum()) for images in watch.seen}) == (len(watch.seen) if expected else 1)  # never the same noise


def test_labels_are_smoothed_on_one_side():
    objective = GanStrategies(StrategyOptions(label_smoothing=0.1))
    real = torch.full((4, 1), math.log(0.9 / 0.1), requires_grad=True)  # the logit of 0.9 is where a smoothed label is met
    fake = torch.randn(4, 1)
    terms = objective.game.loss.critic(real, fake)
    assert torch.autograd.grad(terms["real"], real)[0].abs().max() < 1e-7
    plain = cross_entropy()
    assert torch.equal(terms["fake"], plain.critic(real, fake)["fake"])
    assert torch.equal(
        objective.game.loss.generator(fake, lambda: real)["adversarial"], plain.generator(fake, lambda: real)["adversarial"]
    )


@pytest.mark.parametrize(("critic", "generator"), [(1, 1), (3, 1), (1, 5)])
def test_the_ratio_goes_both_ways(critic, generator):
    run = start(f"objective.critic_steps={critic}", f"objective.generator_steps={generator}", "train.optimizer=adam")
    follow(run, 2)
    steps = {name: int(next(iter(run.optimizers[name].state.values()))["step"]) for name in ("critic", "generator")}
    assert steps == {"critic": 2 * critic, "generator": 2 * generator}


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["objective.trains=weaker", "objective.loss=wasserstein"], "trains=both"),
        (["objective.trains=weaker", "objective.loss=relativistic"], "trains=both"),
        (["objective.trains=weaker", "objective.critic_steps=2"], "trains=both"),
        (["objective.trains=weaker", "objective.generator_steps=2"], "trains=both"),
        (["objective.noise_steps=5"], "noise=0.1"),
        (["objective.label_smoothing=0.1", "objective.loss=hinge"], "label_smoothing"),
    ],
)
def test_contradictions_are_refused(settings, words):
    with pytest.raises(ZooError, match=words):
        tiny_recipe("gan_kiss", settings)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_with_every_strategy_that_is_not_refused(loss):
    for trains, freeze in itertools.product(("both", "weaker"), (True, False)):
        options = StrategyOptions(loss=loss, trains=trains)
        if options.fits(Space(16)):
            assert trains == "weaker"
            continue
        settings = [f"objective.loss={loss}", f"objective.trains={trains}", f"objective.freeze_critic={str(freeze).lower()}"]
        run = trained(tiny_recipe("gan_kiss", [*settings, "objective.pretrain=1", "objective.noise=0.1"]), 2)
        assert all(p.isfinite().all() for net in run.nets.values() for p in net.parameters())
