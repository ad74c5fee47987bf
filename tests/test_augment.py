"""Differentiable augmentation: gradients, what it may not invent, independence, resumes; and the controller of ADA."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.options import ConvCriticOptions
from zoo_core.objectives.penalties import input_gradient
from zoo_core.objectives.view import CriticView, noisy
from zoo_core.prior import Prior
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.adaptive import INTERVAL, MOST, Adaptive
from zoo_train.augment import OPERATIONS, augment, colour, cutout, numbers, rotation, translation
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.critic_view import augmentation, image_critics
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.run import build

CPU = torch.device("cpu")
ALL = tuple(OPERATIONS)
SET = "train.augment=colour,translation,cutout"


def uniform(n, operations, seed=0):
    return torch.rand(n, numbers(operations), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def images(n=3, channels=3, size=8, seed=1, dtype=torch.float64):
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 2 - 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_first_and_second_derivatives_are_those_of_finite_differences(channels):
    x, u = images(2, channels, 4).requires_grad_(True), uniform(2, ALL)
    assert torch.autograd.gradcheck(lambda x: augment(x, None, ALL, u, 0.9)[0], (x,))
    assert torch.autograd.gradgradcheck(lambda x: augment(x, None, ALL, u, 0.9)[0], (x,))


def test_colour_is_the_three_formulas_of_the_paper():
    x, u = images(4), torch.rand(4, 3, dtype=torch.float64)
    want = x.numpy().copy()
    for i, (b, s, c) in enumerate(u.numpy()):
        want[i] = want[i] + (b - 0.5)
        want[i] = (want[i] - want[i].mean(0)) * (2 * s) + want[i].mean(0)
        want[i] = (want[i] - want[i].mean()) * (c + 0.5) + want[i].mean()
    np.testing.assert_allclose(colour(x, None, u)[0].numpy(), want, atol=1e-12)


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), st.sampled_from([8, 16, 20]))
@settings(max_examples=40, deadline=None)
def test_translation_and_cutout_equal_slicing(first, second, size):
    x, u = images(1, 3, size), torch.tensor([[first, second]], dtype=torch.float64)
    reach, side = max(1, int(size / 8 + 0.5)), size // 2
    down, right = (int(np.floor(v * (2 * reach + 1))) - reach for v in (first, second))
    moved, cut = np.zeros(x.shape), x.numpy().copy()
    for y, column in itertools.product(range(size), range(size)):
        if 0 <= y - down < size and 0 <= column - right < size:
            moved[0, :, y, column] = x[0, :, y - down, column - right]
    top, left = (int(np.floor(v * (size + 1))) - side // 2 for v in (first, second))
    cut[0, :, max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = 0
    np.testing.assert_array_equal(translation(x, None, u)[0].numpy(), moved)
    np.testing.assert_array_equal(cutout(x, None, u)[0].numpy(), cut)
    assert abs(down) <= reach and abs(right) <= reach


def test_draws_cover_every_shift_and_every_turn_evenly():
    n = 20_000
    x = torch.zeros(n, 3, 16, 16)
    x[:, :, 5, 8] = 1
    u = torch.rand(n, 2, generator=torch.Generator().manual_seed(0))
    places = translation(x, None, u)[0][:, 0].flatten(1).argmax(1)
    counts = torch.bincount(places, minlength=256).view(16, 16)[3:8, 6:11]
    assert counts.sum() == n  # a reach of two pixels each way
    assert ((counts - n / 25).abs() < 5 * (n / 25) ** 0.5).all()
    turned = rotation(x, None, u[:, :1])[0][:, 0].flatten(1).argmax(1)
    assert sorted(torch.bincount(turned).nonzero().flatten().tolist()) == sorted(
        {(16 - 1 - 8) * 16 + 5, 10 * 16 + 7, 8 * 16 + 10}
    )
    assert (torch.bincount(turned)[turned.unique()] - n / 3).abs().max() < 5 * (n / 3) ** 0.5


def sprites(n=64, size=16, seed=0):
    """Straight alpha, 0, a half and 1, transparent black where there is nothing, as datasets give them."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(n, 4, size, size, generator=generator) * 2 - 1
    x[:, 3:] = torch.randint(0, 3, (n, 1, size, size), generator=generator).float() - 1
    x[:, :3] = torch.where(x[:, 3:] > -1, x[:, :3], torch.tensor(-1.0))
    return x


@pytest.mark.parametrize("operations", [(name,) for name in ALL] + [ALL])
def test_transparent_pixels_stay_without_colour_and_no_opacity_is_invented(operations):
    x = sprites()
    y, _ = augment(x, None, operations, uniform(len(x), operations), 1.0)
    clear = y[:, 3:] == -1
    assert torch.equal(y[:, :3][clear.expand(-1, 3, -1, -1)], y.new_full((3 * int(clear.sum()),), -1.0))
    assert set(y[:, 3].unique().tolist()) <= {-1.0, 0.0, 1.0}  # moved, cut or turned, never blended
    assert not torch.equal(x, y)
    if operations == ("colour",):
        assert torch.equal(y[:, 3], x[:, 3])
        full = augment(torch.cat([x[:, :3], torch.ones_like(x[:, 3:])], 1), None, operations, uniform(len(x), operations), 1.0)[
            0
        ]
        plain = augment(x[:, :3], None, operations, uniform(len(x), operations), 1.0)[0]
        assert torch.allclose(full[:, :3], plain, atol=1e-5)  # an opaque sprite is an ordinary image


def test_what_cannot_be_seen_does_not_change_what_can():
    x, u = sprites(), torch.rand(64, 3)
    other = x.clone()
    other[:, :3] = torch.where(x[:, 3:] > -1, x[:, :3], torch.rand(64, 3, 16, 16))
    seen = (x[:, 3:] > -1).expand(-1, 3, -1, -1)
    assert torch.allclose(colour(x, None, u)[0][:, :3][seen], colour(other, None, u)[0][:, :3][seen], atol=1e-5)


def test_an_empty_sprite_and_bfloat16_survive():
    empty = torch.full((2, 4, 8, 8), -1.0)
    assert torch.equal(augment(empty, None, ALL, uniform(2, ALL), 1.0)[0], empty)
    half = images(2, dtype=torch.float32).bfloat16().contiguous(memory_format=torch.channels_last)
    out, _ = augment(half, None, ALL, uniform(2, ALL).float(), 1.0)
    assert out.dtype == torch.bfloat16 and out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("operations", [("translation",), ("cutout",), ("rotation",)])
def test_a_guide_moves_with_its_image(operations):
    x = images(16)
    y, guide = augment(x, x.clone(), operations, uniform(16, operations), 0.7)
    assert torch.equal(y, guide)


def test_a_probability_is_the_share_of_images_that_are_changed():
    x = images(4000, 1, 4)
    assert torch.equal(augment(x, None, ALL, uniform(4000, ALL), 0.0)[0], x)
    changed = (augment(x, None, ("colour",), uniform(4000, ("colour",)), torch.tensor(0.3))[0] != x).flatten(1).any(1)
    assert abs(changed.double().mean() - 0.3) < 5 * (0.21 / 4000) ** 0.5


def view(operations, noise=0.0, guide=0):
    torch.manual_seed(0)
    space = Space(16, 3, {}, guide)
    critic = ConvCritic(space, 2, 0, ConvCriticOptions(width=4, max_width=8)).double()
    draw = CounterDraw(0, Prior(4), CPU)
    inner = noisy({"critic": critic}, noise, draw)["critic"] if noise else critic
    return critic, draw, CriticView(inner, augmentation(operations, 1.0, draw))


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("guide", [0, 1])
def test_the_input_gradient_and_its_own_gradient_are_those_of_autograd(noise, guide):
    critic, draw, seen = view(ALL, noise, guide)
    x = images(4, 3, 16)
    condition = Condition(guide=images(4, 1, 16).abs() if guide else None)

    def by_hand():
        y = x.clone().requires_grad_(True)
        return torch.autograd.grad(seen(y, condition).sum(), y, create_graph=True)[0]

    found = []
    for gradient in (lambda: input_gradient(seen, x, condition), by_hand):
        draw.at(3, 0, 0)
        g = gradient()
        loss = (g.flatten(1).norm(dim=1) - 1).square().mean()
        weights = [p for p in critic.parameters() if p.dim() > 1]
        found.append([g, *torch.autograd.grad(loss, weights, allow_unused=True)])
    assert all(torch.allclose(a, b, atol=1e-9) for a, b in zip(*found, strict=True))
    draw.at(3, 0, 0)
    y = x.clone().requires_grad_(True)
    first = torch.autograd.grad(seen(y, condition)[:, 0].sum(), y)[0]
    draw.at(3, 0, 0)
    direct = seen.input_gradient
    assert direct is not None and torch.allclose(direct(x, condition, output=0), first, atol=1e-9)


def test_real_and_generated_images_see_draws_of_their_own():
    critic, draw, seen = view(("colour", "translation"))
    x, condition = images(4, 3, 16), Condition()
    draw.at(0, 0, 0)
    first, second = seen(x, condition), seen(x, condition)
    assert not torch.isclose(first, second).any()
    draw.at(0, 0, 0)
    assert torch.equal(seen(x, condition), first)
    assert not torch.isclose(critic(x, condition), first).any()


MODELS = {"wgan_gp": (), "acgan": ("type",), "aegan": (), "cgan": (), "ebgan": (), "gan": ()}


@pytest.mark.parametrize("model", MODELS)
def test_every_objective_with_an_image_critic_trains_on_what_it_sees(model):
    given = {"labels": MODELS[model]} if MODELS[model] else {}
    given |= {"guide": "edges"} if model == "cgan" else {}
    runs = [trained(tiny_recipe(model, settings, **given), 2) for settings in ((), (SET,))]
    weights = [torch.cat([p.detach().flatten() for p in run.nets["generator"].parameters()]) for run in runs]
    assert weights[1].isfinite().all() and not torch.equal(*weights)


def test_encoders_and_critics_of_codes_are_not_augmented():
    run = build(tiny_recipe("aegan"), discover())
    assert image_critics(run.phases, run.nets) == {"image_critic", "code_critic"}  # the second is given vectors
    for model in ("vae", "aae"):
        with pytest.raises(ZooError, match=r"trains no critic of images.*leave train.augment out"):
            build(tiny_recipe(model, [SET]), discover())
    with pytest.raises(ZooError, match="no critic that scores images"):
        build(tiny_recipe("ebgan", [SET, "train.augment_target=0.6"]), discover())
    with pytest.raises(ZooError, match="phase critic changes real images"):
        trained(
            tiny_recipe("gan", [SET, "train.augment_target=0.6", "objective.noise=0.1"], parts={"objective": "gan_strategies"}),
            1,
        )
    with pytest.raises(ZooError, match=r"type --set train.augment=colour"):
        build(tiny_recipe("wgan_gp", ["train.augment_target=0.6"]), discover())
    with pytest.raises(ZooError, match=r"train: augment=.* must be one of colour, translation, cutout, rotation"):
        tiny_recipe("wgan_gp", ["train.augment=color"])
    assert tiny_recipe("wgan_gp", ["train.augment=none"]).train.augment is None


@pytest.mark.parametrize("model", ["wgan_gp", "dcgan"])
def test_resume_with_adaptive_augmentation_is_bit_for_bit(model, tmp_path):
    recipe = tiny_recipe(model, [SET, "train.augment_target=0.1", "train.augment_images=200", "train.instance_noise=0.1"])
    whole = trained(recipe, 21)
    assert 0 < whole.adaptive.probability < MOST
    half = build(recipe, discover())
    half.total = 21
    for step in train(half, DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU)):
        if step.iteration == 10:  # between two changes of the probability
            break
    assert half.adaptive.seen > 0
    resumed = build(recipe, discover())
    load_checkpoint(resumed, save_checkpoint(half, tmp_path))
    trained(recipe, 21, resumed)
    assert torch.equal(resumed.adaptive.probability, whole.adaptive.probability)
    for name, net in whole.nets.items():
        assert all(
            torch.equal(a, b) for a, b in zip(net.state_dict().values(), resumed.nets[name].state_dict().values(), strict=True)
        )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.05, 0.95), st.integers(1, 64))
@settings(max_examples=50, deadline=None)
def test_the_probability_follows_the_sign_of_the_excess(shares, target, n):
    adaptive, want = Adaptive(target, 1000), 0.0
    for i, share in enumerate(shares):
        for iteration in range(i * INTERVAL + 1, (i + 1) * INTERVAL + 1):
            right = round(share * n)
            real = torch.tensor([[1.0, 9.0]] * right + [[-1.0, 9.0]] * (n - right))
            adaptive.observe(real, -real)  # the middle of both sides is 0
            adaptive.adapt(iteration)
        excess = np.float32(2 * right - n) / np.float32(n) - np.float32(target)
        want = float(np.clip(want + np.sign(excess) * INTERVAL * n / 1000, 0, MOST))
        assert float(adaptive.probability) == pytest.approx(want, abs=1e-5)


def test_where_the_zero_of_a_critic_lies_does_not_matter():
    real, fake = torch.randn(50, 1) + 0.5, torch.randn(50, 1) - 0.5
    signs = []
    for offset in (0.0, 100.0):
        adaptive = Adaptive(0.6, 1000)
        adaptive.observe(real + offset, fake + offset)
        signs.append(float(adaptive.signs))
    assert signs[0] == signs[1] and 0 < signs[0] < 50
