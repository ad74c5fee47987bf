"""What a metric is given, and what it answers with.

An entry of kind `metric` is a function `metric(sets: Sets) -> Mapping[str, Score]`. The floor is made by the caller, who
asks the same function about held-out real images in the place of the generated ones; a metric need not know of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from zoo_bench.data.cache import cached
from zoo_bench.evaluation.extractor import Extractor
from zoo_bench.evaluation.nearest import Nearest, distances, nearest_features, nearest_pixels
from zoo_bench.evaluation.pixels import Pixels, Rows, digest
from zoo_core.scores import Score

NOT_IN_KEY = ("network", "instead_of", "warnings")  # of an extractor: features do not depend on what it is instead of


class Features:
    """Features of images, extracted once per image: every metric, floor and subset of an evaluation reads the same rows."""

    def __init__(self, extractor: Extractor) -> None:
        self.extractor = extractor
        self._rows: dict[bytes, tuple[Rows, Rows]] = {}

    def of(self, pixels: Pixels) -> tuple[Rows, Rows]:
        """(N, H, W, 3) uint8 -> features (N, d), logits (N, k), in double precision."""
        keys = [hashlib.sha256(image.tobytes()).digest() for image in pixels]
        first = {key: i for i, key in reversed(list(enumerate(keys))) if key not in self._rows}
        missing = sorted(first.values())
        for start in range(0, len(missing), self.extractor.batch):
            chosen = missing[start : start + self.extractor.batch]
            features, logits = self._extract(pixels[chosen])
            self._rows.update((keys[i], (features[j], logits[j])) for j, i in enumerate(chosen))
        return np.stack([self._rows[key][0] for key in keys]), np.stack([self._rows[key][1] for key in keys])

    def remember(self, pixels: Pixels) -> None:
        """Have the features of these images ready, from the cache on disk if they were extracted there before.

        The key names everything that they depend on. Worth it for sets that are measured against again and again.
        """
        if not len(pixels):
            return
        which = {key: value for key, value in vars(self.extractor).items() if key not in NOT_IN_KEY}
        key = json.dumps(["features", 1, torch.__version__, which, digest(pixels)], sort_keys=True)

        def make() -> dict[str, NDArray[np.generic]]:
            features, logits = self.of(pixels)
            return {"features": features, "logits": logits}

        found = cached(key, make)
        rows = zip(pixels, found["features"], found["logits"], strict=True)
        self._rows.update((hashlib.sha256(image.tobytes()).digest(), (f, k)) for image, f, k in rows)

    def _extract(self, pixels: Pixels) -> tuple[Rows, Rows]:
        images = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))).to(self.extractor.device)
        with torch.no_grad(), torch.backends.cudnn.flags(benchmark=False, deterministic=True, allow_tf32=False):
            features, logits = self.extractor.network(images)
        # double: KID cubes sums of products, and the differences it takes are smaller than what float leaves of them
        return features.double().cpu().numpy(), logits.double().cpu().numpy()


@dataclass(frozen=True)
class Side:
    """One of the sets compared.

    pixels  (N, H, W, 3) uint8, without alpha.
    labels  (N, L) int64, -1 for none; L = 0 without labels.
    """

    pixels: Pixels
    labels: NDArray[np.int64]
    table: Features

    def __len__(self) -> int:
        return len(self.pixels)

    @cached_property
    def _rows(self) -> tuple[Rows, Rows]:
        return self.table.of(self.pixels)

    @property
    def features(self) -> Rows:
        """(N, d) float64."""
        return self._rows[0]

    @property
    def logits(self) -> Rows:
        """(N, k) float64, of the extractor's own classes."""
        return self._rows[1]

    @cached_property
    def among(self) -> Rows:
        """(N, N) distances between the features."""
        return distances(self.features, self.features)

    def take(self, rows: Iterable[int]) -> Side:
        """The images with these numbers."""
        chosen = list(rows)
        return replace(self, pixels=self.pixels[chosen], labels=self.labels[chosen])

    def mirrored(self) -> Side:
        """Left and right exchanged."""
        return replace(self, pixels=np.ascontiguousarray(self.pixels[:, :, ::-1]))


@dataclass(frozen=True)
class Sets:
    """What a metric compares: `fake` is judged, `real` is the training split, `held_out` real images never trained on.

    For the floor `fake` is held-out data itself. `seed` is for metrics that draw; `attributes` names the columns of labels.
    """

    real: Side
    fake: Side
    held_out: Side | None = None
    seed: int = 0
    attributes: tuple[str, ...] = ()

    @cached_property
    def floor(self) -> Sets | None:
        """Held-out images in the place of the generated ones; None if there are none."""
        return replace(self, fake=self.held_out) if self.held_out is not None else None

    @cached_property
    def across(self) -> Rows:
        """(m, n) distances from judged to real images."""
        return distances(self.fake.features, self.real.features)

    @cached_property
    def nearest_in_features(self) -> Nearest:
        """The nearest of two or more real images, for every judged one."""
        real = self.real
        return nearest_features(self.fake.features, real.features, real.mirrored().features, real.among)

    @cached_property
    def nearest_in_pixels(self) -> Nearest:
        """The same by pixels, where small shifts count as well."""
        return nearest_pixels(self.fake.pixels, self.real.pixels)


Metric = Callable[[Sets], Mapping[str, Score]]
