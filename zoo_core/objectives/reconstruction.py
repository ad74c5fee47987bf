"""What a reconstruction costs: minus the log-likelihood of an image under a decoder's distribution, constants left out."""

from __future__ import annotations

from torch import Tensor

LEAST = 1e-7  # of a probability: float32 cannot tell 1 from what is nearer to 1

RECONSTRUCTIONS = ("mse", "l1", "bce")


def reconstruction(name: str, image: Tensor, target: Tensor) -> Tensor:
    """(N, C, H, W), (N, C, H, W), both in [-1, 1] -> (N,) float32: the sum over all numbers of an image, in nats.

    mse  half the squared difference: a Gaussian of standard deviation 1.
    l1   the absolute difference: a Laplace distribution of scale 1.
    bce  the cross-entropy of intensities in [0, 1]: Bernoulli (Kingma and Welling 2013, arXiv 1312.6114, appendix C.1). Its
         least value is not 0 but the entropy of the target.

    Raises ValueError for another name.
    """
    image, target = image.float(), target.float()
    if name == "mse":
        cost = (image - target).square() / 2
    elif name == "l1":
        cost = (image - target).abs()
    elif name == "bce":
        p, t = (image + 1) / 2, (target + 1) / 2
        cost = -t * p.clamp_min(LEAST).log() - (1 - t) * (1 - p).clamp_min(LEAST).log()
    else:
        raise ValueError(f"reconstruction {name} is none of {', '.join(RECONSTRUCTIONS)}")
    return cost.flatten(1).sum(1)
