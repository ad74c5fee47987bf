"""Batches of an image set that is too large for the device, or for memory: gathered by a thread that reads ahead."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoo_core.mapped import release
from zoo_train.move import Arrived, Move

AHEAD = 2  # batches that are read before they are asked for
HELD = 16 * 2**20  # bytes of the file that may be in memory besides the batches
AROUND = 2**16  # bytes that the system maps around each row that is read


class Stream:
    """The rows `keep` of `pixels` (N, H, W, C) uint8, batch by batch.

    places  batch number -> (n,) int64 on the CPU: which rows of `keep` it holds. A function of the number alone, so batches
            may be asked for in any order; asking for them one after the other is the fast one.
    move    brings a batch to the device of the training.
    """

    def __init__(self, pixels: NDArray[np.uint8], keep: NDArray[np.int64], places: Callable[[int], Tensor], move: Move) -> None:
        self.pixels = np.asarray(pixels)
        self.keep = keep
        self.places = places
        self.move = move
        self.coming: dict[int, Future[Arrived]] = {}
        self.reader = ThreadPoolExecutor(1, "zoo-stream")
        self.touched = 0

    def batch(self, k: int) -> tuple[Tensor, Tensor]:
        """Batch number k: its places, (n,), and its pixels, (n, H, W, C) uint8, both on the device."""
        wanted = range(k, k + 1 + AHEAD)
        for number in self.coming.keys() - set(wanted):
            self.coming.pop(number).cancel()
        for number in wanted:
            if number not in self.coming:
                self.coming[number] = self.reader.submit(self._read, self.places(number))
        index, pixels = self.coming.pop(k).result()()
        return index, pixels

    def _read(self, index: Tensor) -> Arrived:
        rows = torch.from_numpy(self.pixels[self.keep[index.numpy()]])
        self.touched += len(rows) * (rows[0].numel() + AROUND)
        if self.touched > HELD:
            release(self.pixels)
            self.touched = 0
        return self.move(index, rows)
