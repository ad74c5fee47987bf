"""Training batches, made on the training device from counters and one uint8 tensor, or a file where the set is too large."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from zoo_core.images import Images
from zoo_core.interfaces import Batch, Condition
from zoo_core.mapped import mapping
from zoo_core.model.edges import edge_map
from zoo_core.model.pixels import to_unit
from zoo_core.recipe.recipe import Guide
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.seeds import mix
from zoo_train.hue import turned
from zoo_train.move import fits, move_to
from zoo_train.stream import Stream
from zoo_train.world import ALONE, World


class DeviceData:
    """The training part of an image set on the training device.

    Batch k of size B holds the images at places k * B .. k * B + B - 1 of an endless row of shuffled copies of the set, so
    every image is seen equally often, and any batch can be made without those before it. Of several processes, each makes its
    own rows of the batch. An image set that is mapped from a file stays there, and one that takes too much of a GPU's memory
    stays in the processor's; they give the same batches.
    """

    def __init__(
        self,
        images: Images,
        options: TrainOptions,
        seed: int,
        device: torch.device,
        background: tuple[int, int, int] = (255, 255, 255),
        guide: Guide = Guide(),  # noqa: B008 (it is frozen)
        world: World = ALONE,
    ) -> None:
        self.world = world
        self.share = world.share(options.batch)
        keep = np.flatnonzero(~images.held_out)
        self.count = len(keep)
        self.stream: Stream | None = None
        self.pixels = torch.empty(0, dtype=torch.uint8, device=device)
        if mapping(images.pixels) is not None or not fits(images.pixels.nbytes, device):
            self.stream = Stream(images.pixels, keep, self.own_places, move_to(device))
        else:
            self.pixels = torch.from_numpy(images.pixels[keep]).to(device)  # (N, H, W, C)
        self.labels = torch.from_numpy(images.labels[keep]).to(device) if images.space.labels else None
        self.options = options
        self.seed = seed
        self.device = device
        self.guide = guide
        self.random = torch.Generator(device)
        self.order: tuple[int, Tensor] = (-1, torch.empty(0, dtype=torch.long))
        channels = images.space.channels
        luma = round(0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2])
        blank = {1: (luma,), 3: background, 4: (0, 0, 0, 0)}[channels]
        self.blank = torch.tensor(blank, dtype=torch.uint8, device=device)

    def __len__(self) -> int:
        return self.count

    def batch(self, k: int, layout: torch.memory_format = torch.contiguous_format) -> Batch:
        """Batch number k."""
        if self.stream is not None:
            index, pixels = self.stream.batch(k)
        else:
            index = self.own_places(k)
            pixels = self.pixels.index_select(0, index)
        pixels = self.augment(pixels, k)
        labels = None if self.labels is None else self.labels[index]
        real = to_unit(pixels.permute(0, 3, 1, 2), layout)
        guide = edge_map(real, self.guide.threshold, self.guide.thin) if self.guide.kind == "edges" else None
        return Batch(real, Condition(labels, guide))

    def own_places(self, k: int) -> Tensor:
        """`places` of this process's rows of batch number k."""
        return self.places(k * self.options.batch + self.share.start, self.share.stop - self.share.start)

    def places(self, first: int, n: int) -> Tensor:
        """(n,) indices of the images at places first .. first + n - 1, on the device that the pixels are on."""
        rows = []
        while n > 0:
            epoch, start = divmod(first, len(self))
            if self.order[0] != epoch:
                # Shuffled on the CPU: the order does not depend on the device.
                shuffled = torch.randperm(len(self), generator=torch.Generator().manual_seed(mix(self.seed, "order", epoch)))
                self.order = (epoch, shuffled if self.stream else shuffled.to(self.device))
            rows.append(self.order[1][start : start + n])
            first, n = first + len(rows[-1]), n - len(rows[-1])
        return rows[0] if len(rows) == 1 else torch.cat(rows)

    def augment(self, pixels: Tensor, k: int) -> Tensor:
        """Mirror and shift (N, H, W, C) uint8 images, and turn their hues if asked. White, grey and black stay exact."""
        options, n, mine = self.options, len(pixels) * self.world.size, self.world.share(len(pixels) * self.world.size)
        self.random.manual_seed(mix(self.seed, "augment", k))
        mirrored, inverted = (
            (torch.rand(n, 1, generator=self.random, device=self.device) < 0.5)[mine] if wanted else None
            for wanted in (options.flip, options.vflip)
        )
        reach = int(options.shift * pixels.shape[2])
        if reach:
            by = torch.randint(-reach, reach + 1, (2, n, 1), generator=self.random, device=self.device)[:, mine]
        else:
            by = torch.zeros(2, len(pixels), 1, dtype=torch.long, device=self.device)
        if reach or mirrored is not None or inverted is not None:
            pixels = placed(pixels, mirrored, inverted, by, reach, self.blank)
        if options.hue:
            pixels = turned(pixels, options.hue * (2 * torch.rand(n, generator=self.random, device=self.device) - 1)[mine])
        return pixels


def placed(pixels: Tensor, mirrored: Tensor | None, inverted: Tensor | None, by: Tensor, reach: int, blank: Tensor) -> Tensor:
    """(N, H, W, C) uint8 images, turned where `mirrored` or `inverted` (N, 1), then moved; what comes in is `blank` (C,).

    by  (2, N, 1): pixels down and right, from -reach to reach. Whole rows are copied out of a larger canvas, which is several
    times as fast as to gather pixels: the row of an image, its mirror image and its place are where the copy starts.
    """
    n, h, w, c = pixels.shape
    sides = (pixels,) if mirrored is None else (pixels, pixels.flip(2))
    tall, wide = h + 2 * reach, w + 2 * reach
    canvas = blank.repeat(wide).expand(len(sides) * n * tall, -1).contiguous().view(len(sides), n, tall, wide, c)
    for side, image in zip(canvas, sides, strict=True):
        side[:, reach : reach + h, reach : reach + w] = image
    image_number = torch.arange(n, device=pixels.device)[:, None]  # (N, 1)
    if mirrored is not None:
        image_number = image_number + n * mirrored
    row = torch.arange(h, device=pixels.device) - by[0]  # (N, H): where each row comes from
    if inverted is not None:
        row = torch.where(inverted, h - 1 - row, row)
    start = ((image_number * tall + row + reach) * wide + reach - by[1]).view(-1)
    if pixels.device.type == "mps":  # where an overlapping view is copied whole before anything is taken from it
        start = (start[:, None] + torch.arange(w, device=pixels.device)).view(-1)
        return canvas.view(-1, c).index_select(0, start).view(n, h, w, c)
    return canvas.view(-1).unfold(0, w * c, c).index_select(0, start).view(n, h, w, c)
