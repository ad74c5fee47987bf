"""The upsamplers of the core, against plain interpolation and convolution."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_core.nets.layers import conv, initialise
from zoo_core.nets.options import INITS, BilinearOptions, NearestOptions, PixelShuffleOptions, TransposedOptions
from zoo_core.nets.upsamplers import (
    Bilinear,
    FoldedNearest,
    Nearest,
    PixelShuffle,
    Transposed,
    sums_by_convolution,
    sums_by_pooling,
)

LATENT = 3
UPSAMPLERS = {  # name -> class and class of its options
    "transposed": (Transposed, TransposedOptions),
    "nearest": (Nearest, NearestOptions),
    "bilinear": (Bilinear, BilinearOptions),
    "pixelshuffle": (PixelShuffle, PixelShuffleOptions),
}


@settings(max_examples=30, deadline=None)
@given(
    kernel=st.integers(1, 6),
    cin=st.integers(1, 3),
    cout=st.integers(1, 3),
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_folded_nearest_is_nearest_then_convolution(kernel, cin, cout, height, width, seed):
    torch.manual_seed(seed)
    folded = FoldedNearest(cin, cout, kernel).double()
    x = torch.randn(2, cin, height, width, dtype=torch.float64, requires_grad=True)
    before, after = (kernel - 1) // 2, kernel // 2
    doubled = F.pad(F.interpolate(x, scale_factor=2, mode="nearest"), (before, after, before, after))
    plain = F.conv2d(doubled, folded.conv.weight, folded.conv.bias)
    found = folded(x)
    torch.testing.assert_close(found, plain, rtol=1e-12, atol=1e-12)
    inputs = (x, folded.conv.weight, folded.conv.bias)
    out = torch.randn_like(plain)
    for a, b in zip(torch.autograd.grad(found, inputs, out), torch.autograd.grad(plain, inputs, out), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("bias", [None, torch.randn(3, dtype=torch.double)])
def test_sums_over_windows_are_the_same_on_every_device(padding, bias):
    x = torch.randn(2, 3, 5, 4, dtype=torch.double)
    wide = F.pad(x, [padding] * 4)
    want = wide[..., :-1, :-1] + wide[..., 1:, :-1] + wide[..., :-1, 1:] + wide[..., 1:, 1:]
    want = want if bias is None else want + bias.view(3, 1, 1)
    for sums in (sums_by_convolution, sums_by_pooling):
        torch.testing.assert_close(sums(x, bias, padding), want)


@pytest.mark.parametrize("kernel", range(1, 10))
@pytest.mark.parametrize("name", UPSAMPLERS)
def test_every_kernel_doubles_exactly(name, kernel):
    upsampler, options = UPSAMPLERS[name]
    made = upsampler(options(kernel=max(kernel, 2 if name == "transposed" else 1)))
    assert made.stage(3, 5, LATENT)(torch.randn(2, 3, 4, 6), torch.randn(2, LATENT)).shape == (2, 5, 8, 12)


@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_transposed_convolution_is_centred(kernel):
    """A stage whose kernel sums to one on a constant image gives that constant away from the borders."""
    stage = Transposed(TransposedOptions(kernel)).stage(1, 1, 1)
    with torch.no_grad():
        stage.layers[0].weight.fill_(4 / kernel**2)
        stage.layers[0].bias.zero_()
        means = stage(torch.ones(1, 1, 8, 8), torch.ones(1, 1))[0, 0, 4:12, 4:12].unfold(0, 2, 2).unfold(1, 2, 2).mean((2, 3))
    torch.testing.assert_close(means, torch.ones(4, 4))


@pytest.mark.filterwarnings("ignore:Using padding")
@pytest.mark.parametrize("kernel", range(1, 7))
def test_conv_pads_as_same_padding_does(kernel):
    layer = conv(2, 3, kernel)
    weight, bias = layer.parameters()
    x = torch.randn(2, 2, 5, 7)
    torch.testing.assert_close(layer(x), F.conv2d(x, weight, bias, padding="same"))


def test_bilinear_stage_is_the_convolution_of_weighted_neighbours():
    stage = Bilinear(BilinearOptions(1)).stage(1, 1, 1)
    with torch.no_grad():
        stage.layers[1].weight.fill_(2)
        stage.layers[1].bias.fill_(1)
    row = stage(torch.tensor([0.0, 4.0, 8.0]).view(1, 1, 1, 3), torch.zeros(1, 1))[0, 0, 0]
    torch.testing.assert_close(row, 1 + 2 * torch.tensor([0.0, 1.0, 3.0, 5.0, 7.0, 8.0]))


@pytest.mark.parametrize("init", INITS)
def test_pixel_shuffle_starts_as_nearest_neighbour_doubling(init):
    stage = PixelShuffle(PixelShuffleOptions()).stage(3, 4, LATENT)
    initialise(stage, init)
    image = stage(torch.randn(1, 3, 5, 5), torch.randn(1, LATENT))
    assert image.std() > 0
    torch.testing.assert_close(F.interpolate(image[:, :, ::2, ::2], scale_factor=2, mode="nearest"), image)


def test_heads_are_a_convolution_and_tanh():
    x, w = torch.randn(2, 3, 6, 6), torch.randn(2, LATENT)
    for upsampler, options in UPSAMPLERS.values():
        head = upsampler(options()).head(3, 4, LATENT)
        weight, bias = head.parameters()
        torch.testing.assert_close(head(x, w), torch.tanh(F.conv2d(x, weight, bias, padding=1)))
