"""Encoder, decoder and critic of codes (Kiss, Sandor and Pogany 2019, Generating pokemon images with neural networks).

The paper gives the layers at 64 px in Keras's tables: kernels and strides follow from the shapes and parameter counts.
No activation has a row of its own, so it was built into the convolutions and came before batch norm. Here it comes after by
default: the other way round, a channel that is nearly always flat gets its rare values blown up into coloured specks.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from zoo_core.interfaces import Condition, Critic, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, with_guide
from zoo_core.nets.layers import activation
from zoo_core.space import Space
from zoo_kiss.layers import SameConv, SameTransposed, glorot
from zoo_kiss.options import DecoderOptions, EncoderOptions

KERAS_EPSILON = 1e-3  # of batch norm


class Decoder(Generator):
    """Latents (N, latent) -> images (N, C, size, size) in [-1, 1]. The upsampler is ignored: the paper fixes the doublings.

    Kernels are 5 but for the last two doublings, 3 and 2. Labels are embedded and appended to the latent; the guide is
    appended to the features before every doubling and before the output. Raises ZooError if the size is not m * 2^k with
    m in 4..7.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: DecoderOptions) -> None:
        super().__init__()
        start, doublings = options.halvings(space)
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        widths = options.widths(doublings + 1)[::-1]
        kernels = ([5] * doublings + [3, 2])[-doublings:]
        self.seed = nn.Sequential(
            nn.Linear(latent + self.labels.size, widths[0] * start**2), nn.Unflatten(1, (widths[0], start, start))
        )
        self.stages = nn.ModuleList(
            _stage(a + self.guide, b, kernel, options) for (a, b), kernel in zip(pairwise(widths), kernels, strict=True)
        )
        self.head = nn.Sequential(SameTransposed(widths[-1] + self.guide, space.channels, 2, 1), nn.Tanh())
        glorot(self)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        x = self.seed(self.labels.append(z, condition))  # (N, widths[0], start, start)
        for stage in self.stages:
            x = stage(with_guide(x, condition, self.guide))  # twice as high and wide
        return self.head(with_guide(x, condition, self.guide))  # type: ignore[no-any-return]


class Encoder(Critic):
    """Images (N, C, size, size) -> (N, out); or, if `vector` > 0, codes (N, vector) -> (N, out).

    For images: halvings with kernel 3, the second 2, then two dense layers. The paper's two layers for mean and
    log-variance are one here, with 2 * latent outputs. For codes: the paper's discriminator of the adversarial autoencoder,
    a dense layer to a 4x4 map and two convolutions.

    Labels are embedded and appended to what the first dense layer sees; the guide is appended to the channels of an image,
    and critics of codes take none. Raises ZooError if the size of the images is not m * 2^k with m in 4..7.
    """

    def __init__(self, space: Space, out: int, vector: int, options: EncoderOptions) -> None:
        super().__init__()
        self.guide = 0 if vector else space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        if vector:
            self.features: nn.Module = nn.Identity()
            self.readout = _code_readout(vector + self.labels.size, out, options)
        else:
            start, halving = options.halvings(space)
            widths = [space.channels + space.guide, *options.widths(halving)]
            kernels = [3, 2, *[3] * halving][:halving]
            self.features = nn.Sequential(
                *(
                    nn.Sequential(SameConv(a, b, kernel, 2), activation(options.activation))
                    for (a, b), kernel in zip(pairwise(widths), kernels, strict=True)
                )
            )
            self.readout = nn.Sequential(
                nn.Linear(widths[-1] * start**2 + self.labels.size, options.hidden),
                activation(options.activation),
                nn.Linear(options.hidden, out),
            )
        glorot(self)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        x = self.features(with_guide(x, condition, self.guide)).flatten(1)
        return self.readout(self.labels.append(x, condition))  # type: ignore[no-any-return]


def _stage(cin: int, cout: int, kernel: int, options: DecoderOptions) -> nn.Sequential:
    """(N, cin, H, W) -> (N, cout, 2H, 2W)."""
    bend, norm = activation(options.activation), nn.BatchNorm2d(cout, KERAS_EPSILON)
    return nn.Sequential(SameTransposed(cin, cout, kernel, 2), *((norm, bend) if options.norm_first else (bend, norm)))


def _code_readout(size: int, out: int, options: EncoderOptions) -> nn.Sequential:
    """(N, size) -> (N, out) by way of a 4x4 map."""
    return nn.Sequential(
        nn.Linear(size, 16 * options.max_width),
        activation(options.activation),
        nn.Unflatten(1, (options.max_width, 4, 4)),
        SameConv(options.max_width, 2 * options.width, 2, 2),
        activation(options.activation),
        SameConv(2 * options.width, options.width, 3, 2),
        activation(options.activation),
        nn.Flatten(),
        nn.Linear(options.width, out),
    )
