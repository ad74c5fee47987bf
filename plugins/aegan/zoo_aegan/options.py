"""Options of the objective and the networks. The defaults are the source's. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import HalvingOptions
from zoo_core.options import option


@dataclass(frozen=True)
class AeganOptions:
    """Weights of the players' terms; the critics' terms have none."""

    latent: int = option(16, "numbers per latent", min=1, max=4096)
    prior: str = option("normal", "distribution of the latent", choices=("normal", "uniform"))
    critic_steps: int = option(1, "steps of each critic per iteration", min=1, max=100)
    image_weight: float = option(1.0, "weight of the mean absolute error of reconstructed images", min=0)
    code_weight: float = option(0.5, "weight of the mean squared error of reconstructed codes", min=0)
    adversarial_image: float = option(0.005, "weight of the adversarial term of images", min=0)
    adversarial_code: float = option(0.1, "weight of the adversarial term of codes", min=0)


@dataclass(frozen=True)
class GeneratorOptions(HalvingOptions):
    """Channels: `max_width` up to the first doubling, 4 * `width` between, `width` after the last one."""

    width: int = option(64, "channels at full resolution", min=1, max=1024)
    max_width: int = option(512, "channels of the seed map and of the first doubling", min=1, max=4096)
    colours: int = option(16, "colours in the palette", min=2, max=256)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)


@dataclass(frozen=True)
class CriticOptions(HalvingOptions):
    """Channels double from half resolution downwards: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(64, "channels at half resolution", min=1, max=1024)
    hidden: int = option(256, "units of the encoder's first dense layer", min=1, max=8192)
    hidden2: int = option(128, "units of the encoder's second dense layer", min=1, max=8192)
    noise: float = option(
        0.02,
        "in training: standard deviation of the noise added to images, and of the noise that discriminators multiply",
        min=0,
    )
    embedding: int = option(32, "length of the label embedding that encoder and discriminator of codes see", min=1, max=1024)
