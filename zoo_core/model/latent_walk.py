"""Other latents than those drawn: nearer to the middle of the prior, and on the way from one to another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.prior import Prior


def truncated(z: Tensor, prior: Prior, threshold: float) -> Tensor:
    """(N, Z) from the prior -> (N, Z) from the prior cut off at +-threshold; the order of every number is kept.

    normal   Phi^-1(Phi(-t) + Phi(z) * (Phi(t) - Phi(-t))), with Phi the normal distribution's function: what the truncation
             trick of Brock et al. 2019 (arXiv 1809.11096, section 3.1) draws again and again until it fits, as one formula.
    uniform  t * z, which is the uniform distribution on [-t, t].

    Raises ZooError for other priors, which have no middle to be drawn towards, and for a threshold that is not positive.
    """
    if not threshold > 0:
        raise ZooError(f"--truncation {threshold:g}: type a number above 0; 1 is strong, 2 is weak")
    if prior.name == "uniform":
        return z * min(threshold, 1.0)
    if prior.name != "normal":
        raise ZooError(f"--truncation does not go with the prior {prior.name} of this model; leave it out")
    t = torch.tensor(threshold, dtype=torch.float64)
    low, high = torch.special.ndtr(-t), torch.special.ndtr(t)
    # Numbers in the upper half are mapped by their mirror image: next to 1 a float has no digits left, next to 0 it has.
    size = z.double().abs()
    lower = torch.special.ndtri(low + torch.special.ndtr(-size) * (high - low))
    # No number grows, and none passes t: this holds in exact arithmetic, and catches where the last digits have run out.
    cut: Tensor = torch.minimum(-lower, size.clamp_max(threshold)) * z.double().sign()
    return cut.to(z.dtype)


def between(a: Tensor, b: Tensor, share: float, prior: Prior) -> Tensor:
    """(N, Z), (N, Z) -> (N, Z): the latents at `share` of the way from a (0) to b (1).

    For a normal prior along the great circle, sin((1 - s) w) / sin(w) * a + sin(s w) / sin(w) * b with w the angle between
    them (Shoemake 1985, section 3.3; for latents White 2016, arXiv 1609.04468): a straight line would pass through lengths
    that the prior never draws. For the other priors along the straight line.
    """
    line = torch.lerp(a, b, share)
    if prior.name != "normal":
        return line
    cosine = torch.cosine_similarity(a.double(), b.double(), dim=1)[:, None].clamp(-1, 1)
    angle = cosine.acos()
    sine = angle.sin()
    arc = ((1 - share) * angle).sin() / sine * a + (share * angle).sin() / sine * b
    return torch.where(sine > 1e-6, arc.to(a.dtype), line)


def walk(points: Sequence[Tensor], frames: int, prior: Prior, *, loop: bool) -> Tensor:
    """Points (n, Z) -> (legs, frames, n, Z): n walks side by side, from point to point.

    A leg leads from one point to the next in equal steps. Without `loop` each leg has both its ends; with it, there is one
    more leg, back to the first point, and each leg lacks its end, which is the beginning of the next.
    """
    ends = [*points[1:], points[0]] if loop else points[1:]
    steps = frames if loop else max(1, frames - 1)
    legs = [[between(a, b, k / steps, prior) for k in range(frames)] for a, b in zip(points, ends, strict=False)]
    return torch.stack([torch.stack(leg) for leg in legs])
