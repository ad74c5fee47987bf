"""What a dataset delivers: decoded images as plain numpy arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from zoo_core.mapped import chunks
from zoo_core.space import Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, and why (one line)."""

    name: str
    reason: str


@dataclass(frozen=True)
class Images:
    """A decoded image set.

    pixels    (N, H, W, C) uint8, C = space.channels; straight (not premultiplied) alpha when C is 4. Either in memory, or
              mapped from a file (numpy.memmap, read-only) where the set is too large: it is then read batch by batch.
    labels    (N, L) int64, one column per attribute of space.labels; -1 where an image has no value.
    held_out  (N,) bool, True for images that are never trained on.
    names     a name for every image, for reports.
    """

    space: Space
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    names: tuple[str, ...]
    skipped: tuple[Skipped, ...] = field(default=())
    note: str = ""  # licence or provenance, one line, repeated in reports and model cards

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that training and evaluation see."""
        space = self.space.to_json()
        space.pop("order", None)  # that of `labels` here
        digest = hashlib.sha256(repr((space, self.pixels.shape)).encode())
        for array in (self.pixels, self.labels, self.held_out):
            for part in chunks(array):
                digest.update(part.data)
        return digest.hexdigest()


class Dataset(Protocol):
    """Target of an entry of kind `dataset`: built from its options alone, reads nothing until asked."""

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Label attributes that can be asked for -> names of their values. Cheap: decodes no image."""

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        """Decode everything to `size`. Transparent pixels are composited on `background` unless channels is 4.

        `labels` names the attributes wanted, in column order, all of them known to `attributes`.
        Raises ZooError if fewer than 16 images are usable.
        """
