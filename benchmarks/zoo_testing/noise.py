"""Images for checks: coloured noise made on the spot, so that a plugin can be checked with zoo-core alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zoo_core import __version__
from zoo_core.hooks import Entry
from zoo_core.registry.catalog import Provided
from zoo_core.registry.installed import CORE
from zoo_core.space import Space

if TYPE_CHECKING:
    from zoo_core.images import Images

LABELS: Mapping[str, tuple[str, ...]] = {"shape": ("round", "square", "star"), "tone": ("dark", "light")}
NOISE = Provided(Entry("dataset", "noise", "zoo_testing.noise:Noise", summary="noise, for checks"), CORE, __version__)


class Noise:
    """Implements zoo_core.images.Dataset; never listed, because only checks put it into a catalog."""

    def __init__(self, options: None = None) -> None:
        pass

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        return LABELS

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        return noise_images(Space(size, channels, {name: LABELS[name] for name in labels}))


def noise_images(space: Space, n: int = 20, seed: int = 0) -> Images:
    """Noise with labels in range; every tenth image is held out."""
    import numpy as np

    from zoo_core.images import Images

    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 256, (n, space.size, space.size, space.channels), dtype=np.uint8)
    columns = [draw.integers(0, count, n) for count in space.classes]
    labels = np.stack(columns, 1).astype(np.int64) if columns else np.zeros((n, 0), np.int64)
    return Images(space, pixels, labels, np.arange(n) % 10 == 9, tuple(map(str, range(n))))
