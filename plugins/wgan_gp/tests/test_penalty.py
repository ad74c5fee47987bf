"""The two norms of the penalty against finite differences."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from zoo_wgan_gp.objective import pixel_penalty, wgan_gp
from zoo_wgan_gp.options import WassersteinPenaltyOptions

from zoo_core.interfaces import Condition
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.options import ConvCriticOptions
from zoo_core.objectives.penalties import gradient_penalty
from zoo_core.prior import Prior
from zoo_core.space import Space
from zoo_train.draw import CounterDraw

NONE = Condition()


def critic(norm="instance", init="dcgan"):
    torch.manual_seed(0)
    return ConvCritic(Space(16), 1, 0, ConvCriticOptions(width=2, max_width=8, norm=norm, init=init))


def finite_differences(net, x, h=1e-5):
    """(N, C, H, W): central differences of the critic's answer to each image, one number at a time."""
    rows = []
    for image in x:
        steps = h * torch.eye(image.numel(), dtype=x.dtype).view(-1, *image.shape)
        rows.append(((net(image + steps, NONE) - net(image - steps, NONE)) / (2 * h)).view(image.shape))
    return torch.stack(rows)


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("norm_over", ["image", "channels"])
@pytest.mark.parametrize("norm", ["instance", "spectral"])
def test_the_penalty_equals_finite_differences(norm_over, one_sided, norm):
    net = critic(norm=norm, init="kaiming").double().eval()
    torch.manual_seed(1)
    real, fake = torch.randn(2, 3, 3, 16, 16, dtype=torch.float64).unbind(0)
    options = WassersteinPenaltyOptions(norm_over=norm_over, one_sided=one_sided, penalty=7.0)
    draw = CounterDraw(0, Prior(4, "normal"), torch.device("cpu"))
    found = wgan_gp(options).penalty(net, real, fake, NONE, draw.at(0, 0, 0))

    epsilon = draw.at(0, 0, 0).uniform(3).double().view(-1, 1, 1, 1)
    with torch.no_grad():
        gradient = finite_differences(net, epsilon * real + (1 - epsilon) * fake)
    squares = gradient.square()
    norms = squares.sum((1, 2, 3)).sqrt() if norm_over == "image" else squares.sum(1).sqrt()
    excess = norms - 1
    truth = 7 * (excess.clamp_min(0) if one_sided else excess).square().mean()
    torch.testing.assert_close(found.double(), truth, rtol=1e-4, atol=1e-6)


def test_the_two_norms_differ_as_pixels_do_from_images():
    """Where every pixel's gradient has norm 1, the mistake sees nothing wrong, and the image's norm is sqrt(H * W)."""

    class Sum(nn.Module):
        def forward(self, x, condition):
            return x[:, :1].flatten(1).sum(1, keepdim=True)

    real, fake, epsilon = torch.randn(4, 3, 32, 32), torch.randn(4, 3, 32, 32), torch.rand(4)
    assert pixel_penalty(Sum(), real, fake, NONE, epsilon).item() == 0
    assert gradient_penalty(Sum(), real, fake, NONE, epsilon).item() == pytest.approx((math.sqrt(32 * 32) - 1) ** 2)


@pytest.mark.parametrize("measure", [pixel_penalty, gradient_penalty])
def test_the_penalty_reaches_the_weights(measure):
    net = critic()
    measure(net, torch.randn(2, 3, 16, 16), torch.randn(2, 3, 16, 16), NONE, torch.rand(2)).backward()
    moved = [p.grad is not None and p.grad.abs().max() > 0 for name, p in net.named_parameters() if "weight" in name]
    assert all(moved)
