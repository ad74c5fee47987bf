"""ColorPicker: the mixture against float64 arithmetic, the palette's hull, and the upsampler inside the reference generator."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo_colorpicker.colorpicker import ColorPicker, Head, NearestStage, Stage, mix
from zoo_colorpicker.entries import zoo_entries
from zoo_colorpicker.options import ColorPickerOptions

from zoo_core.interfaces import Condition
from zoo_core.nets.generator import ConvGenerator
from zoo_core.nets.options import NORMS, ConvGeneratorOptions
from zoo_core.options import describe
from zoo_core.space import Space

LABELS = {"type": ("fire", "water", "grass")}
NARROW = {"hidden": 10, "hidden2": 6}


def generator(space, latent=5, seed=0, norm="batch", palette_norm="batch", width=2, **options):
    torch.manual_seed(seed)
    upsampler = ColorPicker(ColorPickerOptions(norm=palette_norm, **(NARROW | options)))
    return ConvGenerator(space, latent, upsampler, ConvGeneratorOptions(width=width, max_width=8, embedding=2, norm=norm))


def conditioned(kind, size, channels=3):
    space = Space(size, channels, LABELS if "labels" in kind else {}, guide=2 if "guide" in kind else 0)
    labels = torch.tensor([[1], [-1]]) if "labels" in kind else None
    return space, Condition(labels, torch.rand(2, 2, size, size) if "guide" in kind else None)


def colours(image):
    """How many different pixels a (C, H, W) image has."""
    return len(image.flatten(1).unique(dim=1).T)


# --- the mixture -----------------------------------------------------------------------------------------------------

numbers = st.sampled_from([1e-30, 0.1, 1.0, 30.0, 1e4])


@settings(max_examples=150, deadline=None)
@given(
    groups=st.sampled_from([(1, 1), (1, 3), (3, 3), (1, 4), (4, 4)]),
    k=st.integers(2, 64),
    spread=numbers,
    narrow=st.sampled_from([0.0, 1e-7, 1e-3, 1.0]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 10**6),
)
def test_every_channel_stays_inside_the_hull_of_its_palette(groups, k, spread, narrow, dtype, seed):
    (g, c), draw = groups, torch.Generator().manual_seed(seed)
    maps, centre, offset = (torch.randn(2, *shape, generator=draw, dtype=dtype) for shape in ((g, k, 4, 5), (c, 1), (c, k)))
    maps, palette = maps * spread, torch.tanh(centre * 3 + offset * narrow)
    weights = maps.softmax(2)
    image = mix(weights, palette)
    assert image.shape == (2, c, 4, 5) and image.dtype == dtype
    low, high = palette.amin(2)[..., None, None], palette.amax(2)[..., None, None]
    assert (image >= low).all() and (image <= high).all()
    exact = torch.einsum("nckhw,nck->nchw", weights.double().expand(-1, c, -1, -1, -1), palette.double())
    assert (image - exact).abs().max() < (2e-6 if dtype == torch.float32 else 1e-13)


@pytest.mark.parametrize("groups", [1, 3])
def test_gradients_of_the_mixture_equal_those_of_the_plain_sum(groups):
    torch.manual_seed(0)
    maps = torch.randn(2, groups, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    palette = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    out = torch.randn(2, 3, 3, 3, dtype=torch.float64)
    plain = torch.einsum("nckhw,nck->nchw", maps.softmax(2).expand(-1, 3, -1, -1, -1), palette)
    for a, b in zip(
        torch.autograd.grad(mix(maps.softmax(2), palette), (maps, palette), out),
        torch.autograd.grad(plain, (maps, palette), out),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_a_saturated_pixel_still_moves_its_colour():
    """Where one weight is 1, rounding decides whether the clamp acts; the colour gets its gradient either way."""
    palette = torch.linspace(-0.9, 0.9, 7).repeat(1, 3, 1).requires_grad_()
    weights = torch.zeros(1, 1, 7, 2, 2)
    weights[:, :, 6], weights[:, :, 6, 0, 0] = 1.0, 1.0000001
    mix(weights, palette).sum().backward()
    torch.testing.assert_close(palette.grad[0, :, 6], torch.full((3,), 4.0))


def test_the_mixture_is_computed_in_full_precision_under_autocast():
    torch.manual_seed(0)
    weights, palette = torch.randn(2, 1, 16, 4, 4).softmax(2), torch.rand(2, 3, 16)
    with torch.autocast("cpu", torch.bfloat16):
        found = mix(weights, palette)
    assert found.dtype == torch.float32 and torch.equal(found, mix(weights, palette))


# --- stage and head --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel, cin, latent", [(4, 3, 2), (3, 4, 4), (5, 1, 2)])
def test_stage_shuffles_features_and_latent_and_then_convolves(kernel, cin, latent):
    """Against the definition, number by number."""
    torch.manual_seed(0)
    stage = Stage(cin, 2, latent, kernel).double()
    x, w = torch.randn(1, cin, 2, 3, dtype=torch.float64), torch.randn(1, latent, dtype=torch.float64)
    weight, bias = stage.conv.parameters()
    found = stage(x, w)[0]
    assert found.shape == (2, 4, 6) and weight.shape[1] == (cin + latent + 3) // 4  # no more zeros than needed

    def before(channel, row, column):
        if not (0 <= row < 4 and 0 <= column < 6):
            return 0.0
        source = 4 * channel + 2 * (row % 2) + column % 2
        if source < cin:
            return x[0, source, row // 2, column // 2]
        return w[0, source - cin] if source < cin + latent else 0.0

    first = (kernel - 1) // 2
    for o, y, z in [(0, 0, 0), (1, 3, 5), (0, 1, 2), (1, 2, 4), (0, 0, 5)]:
        total = bias[o].clone()
        for c in range(weight.shape[1]):
            for i in range(kernel):
                for j in range(kernel):
                    total += weight[o, c, i, j] * before(c, y + i - first, z + j - first)
        torch.testing.assert_close(found[o, y, z], total)


@pytest.mark.parametrize("kernel", [3, 4, 1])
def test_the_nearest_stage_doubles_convolves_and_adds_a_linear_map_of_the_latent(kernel):
    torch.manual_seed(0)
    stage = NearestStage(3, 5, 2, kernel).double()
    x, w = torch.randn(2, 3, 4, 6, dtype=torch.float64), torch.randn(2, 2, dtype=torch.float64)
    convolution, before = stage.doubled.conv, (kernel - 1) // 2
    large = torch.nn.functional.pad(x.repeat_interleave(2, 2).repeat_interleave(2, 3), (before, kernel - 1 - before) * 2)
    plain = torch.nn.functional.conv2d(large, convolution.weight, convolution.bias)
    torch.testing.assert_close(stage(x, w), plain + (w @ stage.latent.weight.T)[:, :, None, None])


def test_what_nearest_draws_at_first_has_no_hatching_where_shuffle_has():
    """Energy at the highest spatial frequency, that of single pixels that alternate, as a share of all, at the start."""
    space, z = Space(32), torch.randn(16, 5, generator=torch.Generator().manual_seed(0))

    def alternating(**options):
        weights = torch.cat([generator(space, width=8, seed=seed, **options).eval()(z, Condition()) for seed in range(4)])
        power = torch.fft.fft2(weights - weights.mean((2, 3), keepdim=True)).abs().square()
        return float((power[..., 14:19, :].sum() / power.sum()).detach())

    assert alternating(doubling="nearest", kernel=3) < alternating(doubling="shuffle") / 3


@pytest.mark.parametrize("distribution, groups", [("shared", 1), ("per_channel", 3)])
def test_head_mixes_the_palette_with_the_softmax_of_its_maps(distribution, groups):
    torch.manual_seed(0)
    head = Head(4, 3, 5, ColorPickerOptions(colours=6, distribution=distribution, **NARROW)).double().eval()
    x, w = torch.randn(2, 4, 6, 6).double(), torch.randn(2, 5).double()
    maps = head.maps(x).reshape(2, groups, 6, 6, 6).expand(2, 3, 6, 6, 6)
    share = maps.exp() / maps.exp().sum(2, keepdim=True)
    palette = torch.stack([mlp(w) for mlp in head.palettes], 1)
    assert palette.shape == (2, 3, 6) and palette.abs().max() <= 1
    torch.testing.assert_close(head(x, w), (share * palette[..., None, None]).sum(2))


def test_hard_images_are_made_of_the_palettes_colours_outside_training():
    space = Space(32)
    z = torch.randn(2, 5)
    hard, soft = generator(space, colours=4, hard=True), generator(space, colours=4)
    assert torch.equal(hard(z, Condition()), soft(z, Condition()))  # the same while training
    images = hard.eval()(z, Condition())
    palette = hard.head.palette(z)
    for image, colour in zip(images, palette, strict=True):
        assert 2 <= colours(image) <= 4
        assert (image.flatten(1).T[:, None] == colour.T[None]).all(2).any(1).all()
    assert colours(soft.eval()(z, Condition())[0]) > 100


# --- inside the reference generator ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "labels", "guide"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [16, 24, 48, 64, 80, 96, 112, 128])
def test_every_size_channel_and_condition(size, channels, kind):
    space, condition = conditioned(kind, size, channels)
    distribution, doubling = ("shared", "per_channel")[channels % 2], ("shuffle", "nearest")[size // 16 % 2]
    images = generator(space, distribution=distribution, doubling=doubling)(torch.randn(2, 5), condition)
    assert images.shape == (2, channels, size, size)
    assert images.isfinite().all() and images.abs().max() <= 1 and images.std() > 0


@pytest.mark.parametrize("norm", NORMS)
def test_samples_do_not_depend_on_their_batch_in_eval(norm):
    space, condition = conditioned("labels guide", 24)
    net = generator(space, norm=norm).eval()
    z = torch.randn(2, 5)
    images = net(z, condition)
    for i in range(2):
        one = Condition(condition.labels[i : i + 1], condition.guide[i : i + 1])
        torch.testing.assert_close(net(z[i : i + 1], one), images[i : i + 1], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_a_palette_without_batch_norm_trains_on_a_batch_of_one(norm):
    assert generator(Space(16), palette_norm=norm)(torch.randn(1, 5), Condition()).shape == (1, 3, 16, 16)


@pytest.mark.parametrize("distribution", ["shared", "per_channel"])
def test_gradients_reach_every_parameter(distribution):
    space, condition = conditioned("labels guide", 24, 4)
    net = generator(space, norm="none", width=8, distribution=distribution)
    images = net(torch.randn(2, 5), condition)
    (images * torch.randn_like(images)).sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_labels_and_guide_change_the_image():
    space, condition = conditioned("labels guide", 32)
    net = generator(space).eval()
    z = torch.randn(2, 5)
    seen = [net(z, Condition(torch.full((2, 1), i), condition.guide)) for i in (-1, 0, 1, 2)] + [net(z, Condition())]
    assert all(not torch.equal(a, b) for i, a in enumerate(seen) for b in seen[:i])


@pytest.mark.parametrize("init", ["dcgan", "kaiming", "orthogonal", "torch"])
def test_palettes_start_with_colours_apart(init):
    torch.manual_seed(0)
    net = ConvGenerator(Space(16), 16, ColorPicker(ColorPickerOptions()), ConvGeneratorOptions(init=init))
    assert net.head.palette(torch.randn(8, 16)).std(2).mean() > 0.15


def test_network_is_seeded_restored_and_built_on_the_meta_device():
    space, condition = conditioned("labels guide", 16)
    first, again, other = generator(space), generator(space), generator(space, seed=1)
    z = torch.randn(2, 5)
    assert torch.equal(first(z, condition), again(z, condition)) and not torch.equal(first(z, condition), other(z, condition))
    other.load_state_dict(first.state_dict())
    assert torch.equal(first.eval()(z, condition), other.eval()(z, condition))
    with torch.device("meta"):
        meta = generator(space)
        assert meta(torch.randn(2, 5), Condition()).shape == (2, 3, 16, 16)
    assert all(p.is_meta for p in meta.parameters())


def test_channels_last_computes_the_same():
    space, condition = conditioned("labels", 32)
    net, z = generator(space, distribution="per_channel").double().eval(), torch.randn(2, 5).double()
    image = net(z, condition)
    torch.testing.assert_close(net.to(memory_format=torch.channels_last)(z, condition), image, rtol=1e-9, atol=1e-12)


# --- the entry -------------------------------------------------------------------------------------------------------


def test_entry_names_what_exists_without_importing_torch():
    entry, _ = zoo_entries()
    assert (entry.kind, entry.name) == ("upsampler", "colorpicker")
    assert entry.target == f"{ColorPicker.__module__}:{ColorPicker.__name__}"
    assert entry.config == f"{ColorPickerOptions.__module__}:{ColorPickerOptions.__name__}"
    assert all(item.bounds.problem(item.default) is None for item in describe(ColorPickerOptions))
    code = "import sys, zoo_colorpicker.entries, zoo_colorpicker.options; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
