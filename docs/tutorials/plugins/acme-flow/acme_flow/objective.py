"""Conditional flow matching along straight paths: Lipman et al. 2023, arXiv 2210.02747, equation 23 with sigma_min 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from acme_flow.options import FlowMatchingOptions
from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.prior import Prior


class FlowMatching(Objective):
    """Regression of the velocity from noise to image. No critic; sampling is the generator's affair."""

    def __init__(self, options: FlowMatchingOptions) -> None:
        self.floor = options.floor

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        self.prior = Prior(parts.space.channels * parts.space.size**2)  # the latent is a whole image of noise
        return {"generator": parts.generator(self.prior.size)}

    def phases(self) -> Sequence[Phase]:
        return (Phase("flow", trains=("generator",), loss=self.loss),)

    def loss(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        generator, images = nets["generator"], batch.images
        noise = draw.latent(len(images)).view_as(images)
        t = draw.uniform(len(images))
        left = (1 - t)[:, None, None, None]
        x = left * noise + (1 - left) * images
        error = generator.predict(x, t, batch.condition).float() - images
        # The velocity is (image - x) / (1 - t), so its error is the image's over 1 - t.
        velocity = (error / left.clamp(min=self.floor)).square().mean()
        return {"velocity": velocity, "~absolute_error": error.abs().mean()}
