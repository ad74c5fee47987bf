"""FID, KID, Inception score, precision and recall, computed by torch-fidelity from our images and our features.

FID        Heusel et al. 2017, arXiv 1706.08500, equation 6.
KID        Bińkowski et al. 2018, arXiv 1801.01401, section 4: unbiased MMD with the kernel (x.y / d + 1)^3.
IS         Salimans et al. 2016, arXiv 1606.03498, section 4.
precision, recall   Kynkäänniemi et al. 2019, arXiv 1904.06991, equations 1 and 2, k = 3.

torch-fidelity is given a dataset of uint8 images (its folders drop alpha, its conditional generators break on NumPy >= 1.24)
and an extractor that looks features up, so that one pass through the network serves every metric. Its own cache is off: it
is keyed by a name alone and answers with features of other images.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from zoo_bench.evaluation.extractor import check_torch_fidelity
from zoo_bench.evaluation.pixels import Pixels
from zoo_bench.evaluation.sets import Features, Sets
from zoo_core.errors import ZooError
from zoo_core.scores import Score

NEIGHBOURS = 3
KID_SUBSETS = 100
_NAME = "zoo-features"
_current: ContextVar[Features] = ContextVar("features")
_registered: list[type] = []


class Uint8Images(Dataset[Tensor]):
    """Images as torch-fidelity wants them: single tensors, (3, H, W) uint8."""

    def __init__(self, pixels: Pixels) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> Tensor:
        return self.images[i]


def kid_subset_size(n_real: int, n_fake: int) -> int:
    """Images per subset of KID."""
    return min(1000, min(n_real, n_fake) // 2)


def inception_splits(n_fake: int) -> int:
    """Parts over which the Inception score is averaged: 10 as in the paper if each has 500 images or more, else 1."""
    return 10 if n_fake >= 5000 else 1


def fid(sets: Sets) -> Mapping[str, Score]:
    _need(sets, 2, "fid")
    return {"fid": Score(_measure(sets, fid=True)["frechet_inception_distance"], "lower")}


def kid(sets: Sets) -> Mapping[str, Score]:
    _need(sets, 4, "kid")  # subsets of two: the unbiased estimate divides by m - 1
    size = kid_subset_size(len(sets.real), len(sets.fake))
    found = _measure(sets, kid=True, kid_subsets=KID_SUBSETS, kid_subset_size=size)
    mean, spread = found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]
    return {"kid": Score(mean, "lower", spread)}


def inception_score(sets: Sets) -> Mapping[str, Score]:
    if sets.fake.logits.shape[1] < 2:
        raise ZooError("the inception score needs an extractor with classes, as sprites and inception have them")
    splits = inception_splits(len(sets.fake))
    found = _measure(sets, isc=True, isc_splits=splits)
    spread = found["inception_score_std"] if splits > 1 else None
    return {"is": Score(found["inception_score_mean"], "higher", spread)}


def precision_recall(sets: Sets) -> Mapping[str, Score]:
    _need(sets, NEIGHBOURS + 1, "precision and recall")
    found = _measure(sets, prc=True, prc_neighborhood=NEIGHBOURS)
    return {"precision": Score(found["precision"], "higher"), "recall": Score(found["recall"], "higher")}


def _need(sets: Sets, least: int, name: str) -> None:
    n = min(len(sets.real), len(sets.fake))
    if n < least:
        raise ZooError(f"{name} needs at least {least} images on each side and got {n}")


def _measure(sets: Sets, **options: Any) -> Mapping[str, float]:
    module = check_torch_fidelity()
    _register(module)
    token = _current.set(sets.fake.table)
    try:
        return dict(
            module.calculate_metrics(
                input1=Uint8Images(sets.fake.pixels),
                input2=Uint8Images(sets.real.pixels),
                feature_extractor=_NAME,
                cuda=False,  # features are looked up; the network ran on the extractor's device
                cache=False,
                save_cpu_ram=True,  # no worker processes
                rng_seed=sets.seed,
                verbose=False,
                **options,
            )
        )
    finally:
        _current.reset(token)


def _register(module: Any) -> None:
    """Make torch-fidelity know our extractor; it accepts a name once per process and forgets none."""
    if _registered:
        return

    class Lookup(module.FeatureExtractorBase):  # type: ignore[misc]
        """Answers with rows of the current table of features."""

        def __init__(self, name: str, features_list: list[str], **kwargs: Any) -> None:
            super().__init__(name, features_list)

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return ("features", "logits")

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return "logits" if metric == "isc" else "features"

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        @staticmethod
        def get_dummy_input_for_compile() -> Tensor:
            return torch.zeros(1, 3, 64, 64, dtype=torch.uint8)

        def forward(self, images: Tensor) -> tuple[Tensor, ...]:
            features, logits = _current.get().of(images.permute(0, 2, 3, 1).numpy())
            rows = {"features": torch.from_numpy(features), "logits": torch.from_numpy(logits)}
            return tuple(rows[name] for name in self.features_list)

    module.register_feature_extractor(_NAME, Lookup)
    _registered.append(Lookup)
