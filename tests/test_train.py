"""The training engine: what moves, what is random, what is saved."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zoo_core.errors import RunFailure
from zoo_core.model.pixels import to_pixels, to_unit
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_core.seeds import mix
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.augment import shift
from zoo_train.checkpoint import checkpoints, load_checkpoint, load_newest, save_checkpoint
from zoo_train.data import DeviceData, placed
from zoo_train.ema import ema_decay, ema_update
from zoo_train.engine import train
from zoo_train.run import build
from zoo_train.schedules import rate_factor

CPU = torch.device("cpu")
MODELS = ("dcgan", "wgan_clip", "wgan_gp")


def weights(run):
    return {f"{name}.{key}": value.clone() for name, net in run.nets.items() for key, value in net.state_dict().items()} | {
        f"average.{key}": value.clone() for key, value in run.average.state_dict().items()
    }


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("model", MODELS)
def test_same_seed_gives_same_weights_and_another_seed_others(model):
    first, second = (weights(trained(tiny_recipe(model, seed=3), 4)) for _ in range(2))
    assert same(first, second)
    assert not same(first, weights(trained(tiny_recipe(model, seed=4), 4)))


@pytest.mark.parametrize("model", MODELS)
def test_resume_is_bit_for_bit(model, tmp_path):
    recipe = tiny_recipe(
        model, ["generator.dropout=0.3", "train.schedule=linear", "train.shift=0.1", "train.instance_noise=0.1"]
    )
    whole = weights(trained(recipe, 30))

    half = build(recipe, discover())
    half.total = 30
    data = DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU)
    for step in train(half, data):
        if step.iteration == 15:
            break
    path = save_checkpoint(half, tmp_path)

    torch.manual_seed(999)  # nothing may depend on where torch's own random numbers stand
    resumed = build(recipe, discover())
    load_checkpoint(resumed, path)
    assert resumed.iteration == 15 and resumed.total == 30
    assert same(whole, weights(trained(recipe, 30, resumed)))


def test_a_phase_moves_only_what_it_trains():
    recipe = tiny_recipe("wgan_gp")
    run = build(recipe, discover())
    before = copy.deepcopy(run.nets)
    critic_only = [phase for phase in run.phases if phase.name == "critic"]
    run.phases, run.total = critic_only, 1
    list(train(run, DeviceData(random_images(recipe.space), recipe.train, 0, CPU)))
    pairs = zip(run.nets["generator"].parameters(), before["generator"].parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not any(p.grad is not None for p in run.nets["generator"].parameters())
    moved = [not torch.equal(a, b) for a, b in zip(run.nets["critic"].parameters(), before["critic"].parameters(), strict=True)]
    assert sum(moved) >= len(moved) - 1  # the last bias cancels in a difference of means


def test_clipping_holds_after_every_critic_step():
    recipe = tiny_recipe("wgan_clip", ["objective.clip=0.003"])
    run = build(recipe, discover())
    seen = []
    original = run.phases[0].after

    def watch(nets):
        original(nets)
        seen.append(max(p.abs().max().item() for p in nets["critic"].parameters()))

    run.phases = (type(run.phases[0])(**{**run.phases[0].__dict__, "after": watch}), *run.phases[1:])
    run.total = 3
    list(train(run, DeviceData(random_images(recipe.space), recipe.train, 0, CPU)))
    assert len(seen) == 3 * 5
    assert max(seen) <= 0.003 + 1e-9
    assert max(seen) > 0.0029  # the bound is reached, so the test can fail


def test_number_of_forward_passes_per_iteration():
    recipe = tiny_recipe("wgan_gp", ["critic_steps=3"])
    run = build(recipe, discover())
    calls = {"generator": 0, "critic": 0}
    for name in calls:
        run.nets[name].register_forward_hook(lambda *_, name=name: calls.__setitem__(name, calls[name] + 1))
    run.total = 2
    list(train(run, DeviceData(random_images(recipe.space), recipe.train, 0, CPU)))
    # Per critic step: one generator pass, real and fake (the penalty of a piecewise linear critic needs no third call).
    assert calls == {"generator": 2 * (3 + 1), "critic": 2 * (3 * 2 + 1)}


def test_ema_has_its_closed_form():
    average, network = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    values = [3.0, -1.0, 4.0, 1.0, -5.0]
    average.weight.data.fill_(2.0)
    for t, value in enumerate(values):
        network.weight.data.fill_(value)
        ema_update(average, network, ema_decay(0.9, t))
    decays = [min(0.9, (1 + t) / (10 + t)) for t in range(len(values))]
    parts = [(1 - d) * v * np.prod(decays[t + 1 :]) for t, (d, v) in enumerate(zip(decays, values, strict=True))]
    assert average.weight.item() == pytest.approx(2.0 * np.prod(decays) + sum(parts), rel=1e-6)
    assert ema_decay(0.999, 10**9) == 0.999


def test_ema_averages_float_buffers_and_copies_counters():
    average, network = nn.BatchNorm2d(2), nn.BatchNorm2d(2)
    network.running_mean.fill_(1.0)
    network.num_batches_tracked.fill_(7)
    ema_update(average, network, 0.75)
    assert torch.allclose(average.running_mean, torch.full((2,), 0.25))
    assert average.num_batches_tracked == 7


def test_without_ema_the_average_is_the_generator():
    run = trained(tiny_recipe(settings=["train.ema=0"]), 3)
    assert same(dict(run.average.state_dict()), dict(run.nets["generator"].state_dict()))


@given(st.integers(1, 40), st.integers(1, 17), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_places_are_an_endless_row_of_shuffled_copies(n, size, k):
    space = Space(16, 1)
    images = random_images(space, n)
    images = type(images)(space, images.pixels, images.labels, np.zeros(n, bool), images.names)
    data = DeviceData(images, TrainOptions(batch=size), 5, CPU)
    row = torch.cat([data.places(i * n, n) for i in range((k + 1) * size // n + 2)])
    assert torch.equal(data.places(k * size, size), row[k * size : (k + 1) * size])
    assert sorted(data.places(0, n).tolist()) == list(range(n))


def test_held_out_images_are_never_trained_on():
    space = Space(16, 3)
    images = random_images(space, 20)
    data = DeviceData(images, TrainOptions(batch=18, flip=False), 0, CPU)
    seen = to_pixels(data.batch(0).images).permute(0, 2, 3, 1).numpy()
    held = {image.tobytes() for image in images.pixels[images.held_out]}
    assert len(held) == 2
    assert not held & {image.tobytes() for image in seen}
    assert {image.tobytes() for image in seen} == {image.tobytes() for image in images.pixels[~images.held_out]}


@given(st.integers(-5, 5), st.integers(-5, 5))
@settings(max_examples=40, deadline=None)
def test_shift_equals_slicing(down, right):
    pixels = torch.arange(2 * 3 * 6 * 6, dtype=torch.uint8).view(2, 3, 6, 6)
    blank = torch.tensor([250, 251, 252], dtype=torch.uint8).view(1, 3, 1, 1)
    moved = shift(pixels, torch.tensor([[down], [0]]), torch.tensor([[right], [0]]), blank)
    want = blank.expand(1, 3, 6, 6)[0].clone()
    for y in range(6):
        for x in range(6):
            if 0 <= y - down < 6 and 0 <= x - right < 6:
                want[:, y, x] = pixels[0, :, y - down, x - right]
    assert torch.equal(moved[0], want)
    assert torch.equal(moved[1], pixels[1])


@given(
    st.integers(1, 5), st.integers(2, 9), st.sampled_from([1, 3, 4]), st.booleans(), st.booleans(), st.integers(0, 3), st.data()
)
@settings(max_examples=60, deadline=None)
def test_rows_are_placed_as_flips_and_shifts_place_pixels(n, size, channels, mirror, invert, reach, data):
    random = torch.Generator().manual_seed(data.draw(st.integers(0, 999)))
    pixels = torch.randint(0, 256, (n, size, size, channels), dtype=torch.uint8, generator=random)
    blank = torch.randint(0, 256, (channels,), dtype=torch.uint8, generator=random)
    mirrored, inverted = (torch.rand(n, 1, generator=random) < 0.5 if wanted else None for wanted in (mirror, invert))
    by = torch.randint(-reach, reach + 1, (2, n, 1), generator=random)
    want = pixels.permute(0, 3, 1, 2)
    for chosen, axis in ((mirrored, 3), (inverted, 2)):
        if chosen is not None:
            want = torch.where(chosen[..., None, None], want.flip(axis), want)
    want = shift(want, by[0], by[1], blank.view(1, -1, 1, 1))
    assert torch.equal(placed(pixels, mirrored, inverted, by, reach, blank).permute(0, 3, 1, 2), want)


def test_batches_have_the_bytes_that_runs_so_far_were_trained_on():
    space = Space(16, 3)
    images = random_images(space, 20)
    data = DeviceData(images, TrainOptions(batch=12, flip=True, vflip=True, shift=0.2), 7, CPU)
    kept = torch.from_numpy(images.pixels[~images.held_out]).permute(0, 3, 1, 2)
    for k in range(3):
        random = torch.Generator().manual_seed(mix(7, "augment", k))
        want = kept[data.places(12 * k, 12)]
        for axis in (3, 2):
            want = torch.where(torch.rand(12, 1, 1, 1, generator=random) < 0.5, want.flip(axis), want)
        by = torch.randint(-3, 4, (2, 12, 1), generator=random)
        want = shift(want, by[0], by[1], torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)).float() / 127.5 - 1
        for layout in (torch.contiguous_format, torch.channels_last):
            found = data.batch(k, layout).images
            assert torch.equal(found, want) and found.is_contiguous(memory_format=layout)


def test_augmentation_mirrors_about_half_and_nothing_else():
    space = Space(16, 3)
    images = random_images(space, 20)
    data = DeviceData(images, TrainOptions(batch=18, flip=True), 0, CPU)
    original = images.pixels[~images.held_out]
    known = {image.tobytes(): 0 for image in original} | {
        np.ascontiguousarray(image[:, ::-1]).tobytes(): 1 for image in original
    }
    seen = [
        known[x.tobytes()] for k in range(30) for x in to_pixels(data.batch(k).images).permute(0, 2, 3, 1).contiguous().numpy()
    ]
    assert 0.4 < np.mean(seen) < 0.6


def test_pixels_survive_the_way_to_floats_and_back():
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(to_unit(pixels)), pixels)
    assert to_unit(pixels).min() == -1 and to_unit(pixels).max() == 1


def test_schedules_are_constant_for_half_a_run_then_fall_to_zero():
    for schedule in ("linear", "cosine"):
        factors = [rate_factor(TrainOptions(schedule=schedule), i, 100) for i in range(101)]
        assert factors[:51] == [1.0] * 51
        assert all(a > b for a, b in itertools.pairwise(factors[50:]))
        assert factors[100] == pytest.approx(0, abs=1e-12)
        assert factors[75] == pytest.approx(0.5)
    assert rate_factor(TrainOptions(), 99, 100) == 1.0


def test_a_loss_that_is_not_finite_names_phase_term_and_option():
    recipe = tiny_recipe(settings=["train.lr=1e-4"])
    run = build(recipe, discover())
    with torch.no_grad():
        next(run.nets["critic"].parameters()).fill_(float("nan"))
    run.total = 1
    data = DeviceData(random_images(recipe.space), recipe.train, 0, CPU)
    with pytest.raises(RunFailure, match=r"iteration 1: term wasserstein of phase critic is not finite; try .*train\.lr"):
        for step in train(run, data):
            step.read()


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "text"])
def test_a_damaged_checkpoint_is_skipped_for_the_one_before(tmp_path, damage):
    recipe = tiny_recipe()
    run = trained(recipe, 1)
    save_checkpoint(run, tmp_path)
    run = trained(recipe, 2, run)
    newest = save_checkpoint(run, tmp_path)
    data = bytearray(newest.read_bytes())
    if damage == "flip":
        data[-5] ^= 1
    newest.write_bytes({"truncate": data[: len(data) // 2], "flip": data, "empty": b"", "text": b"hello"}[damage])
    fresh = build(recipe, discover())
    path, warnings = load_newest(fresh, tmp_path)
    assert path is not None and path.stem == "00000001" and fresh.iteration == 1
    assert len(warnings) == 1 and newest.name in warnings[0]


def test_a_checkpoint_of_other_networks_leaves_the_run_as_it_was(tmp_path):
    path = save_checkpoint(trained(tiny_recipe(), 1), tmp_path)
    other = build(tiny_recipe(settings=["generator.width=3"]), discover())
    before = weights(other)
    with pytest.raises(RunFailure, match="does not fit"):
        load_checkpoint(other, path)
    assert same(before, weights(other)) and other.iteration == 0


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    recipe = tiny_recipe()
    run = None
    for i in range(1, 5):
        run = trained(recipe, i, run)
        save_checkpoint(run, tmp_path, keep=2)
    assert [path.stem for path in checkpoints(tmp_path)] == ["00000004", "00000003"]
    assert len(list(tmp_path.iterdir())) == 2
