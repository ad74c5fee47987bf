"""Training batches, made on the training device from counters and one uint8 tensor, or a file where the set is too large."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from zoo_core.images import Images
from zoo_core.interfaces import Batch, Condition
from zoo_core.mapped import mapping
from zoo_core.seeds import mix
from zoo_core.train.edges import edge_map
from zoo_core.train.options import TrainOptions
from zoo_core.train.stream import Stream
from zoo_core.train.world import ALONE, World


def to_unit(pixels: Tensor) -> Tensor:
    """uint8 0..255 -> float -1..1."""
    return pixels.float().div_(127.5).sub_(1)


def to_pixels(images: Tensor) -> Tensor:
    """float -1..1 -> uint8 0..255, rounded."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


class DeviceData:
    """The training part of an image set on the training device.

    Batch k of size B holds the images at places k * B .. k * B + B - 1 of an endless row of shuffled copies of the set, so
    every image is seen equally often, and any batch can be made without those before it. Of several processes, each makes its
    own rows of the batch. An image set that is mapped from a
    file stays there, and gives the same batches.
    """

    def __init__(
        self,
        images: Images,
        options: TrainOptions,
        seed: int,
        device: torch.device,
        background: tuple[int, int, int] = (255, 255, 255),
        guide: str = "none",
        world: World = ALONE,
    ) -> None:
        self.world = world
        self.share = world.share(options.batch)
        keep = np.flatnonzero(~images.held_out)
        self.count = len(keep)
        self.stream: Stream | None = None
        self.pixels = torch.empty(0, dtype=torch.uint8, device=device)
        if mapping(images.pixels) is not None:
            self.stream = Stream(images.pixels, keep, self.own_places, device.type == "cuda")
        else:
            self.pixels = torch.from_numpy(np.ascontiguousarray(images.pixels[keep].transpose(0, 3, 1, 2))).to(device)
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
        self.blank = torch.tensor(blank, dtype=torch.uint8, device=device).view(1, -1, 1, 1)

    def __len__(self) -> int:
        return self.count

    def batch(self, k: int, layout: torch.memory_format = torch.contiguous_format) -> Batch:
        """Batch number k."""
        if self.stream is not None:
            index, pixels = (part.to(self.device, non_blocking=True) for part in self.stream.batch(k))
        else:
            index = self.own_places(k)
            pixels = self.pixels[index]
        pixels = self.augment(pixels, k)
        labels = None if self.labels is None else self.labels[index]
        real = to_unit(pixels).contiguous(memory_format=layout)
        options = self.options
        guide = edge_map(real, options.edge_threshold, options.edge_thin) if self.guide == "edges" else None
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
        """Mirror and shift (N, C, H, W) uint8 images; no colour changes, so background and palette stay exact."""
        options, n, mine = self.options, len(pixels) * self.world.size, self.world.share(len(pixels) * self.world.size)
        self.random.manual_seed(mix(self.seed, "augment", k))
        for wanted, axis in ((options.flip, 3), (options.vflip, 2)):
            if wanted:
                chosen = torch.rand(n, 1, 1, 1, generator=self.random, device=self.device) < 0.5
                pixels = torch.where(chosen[mine], pixels.flip(axis), pixels)
        reach = int(options.shift * pixels.shape[-1])
        if reach:
            by = torch.randint(-reach, reach + 1, (2, n, 1), generator=self.random, device=self.device)
            pixels = shift(pixels, by[0, mine], by[1, mine], self.blank)
        return pixels


def shift(pixels: Tensor, down: Tensor, right: Tensor, blank: Tensor) -> Tensor:
    """Move each image of (N, C, H, W) by its own (N, 1) numbers of pixels; what comes in is `blank` (1, C, 1, 1)."""
    n, c, h, w = pixels.shape
    row = torch.arange(h, device=pixels.device) - down  # (N, H): where each row comes from
    column = torch.arange(w, device=pixels.device) - right
    inside = ((row >= 0) & (row < h))[:, None, :, None] & ((column >= 0) & (column < w))[:, None, None, :]
    moved = pixels.gather(2, row.clamp(0, h - 1)[:, None, :, None].expand(n, c, h, w))
    moved = moved.gather(3, column.clamp(0, w - 1)[:, None, None, :].expand(n, c, h, w))
    return torch.where(inside, moved, blank)
