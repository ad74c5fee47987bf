"""What samples say about a run: do they differ as images do, and do they follow what was asked?"""

from __future__ import annotations

import torch
from torch import Tensor

from zoo_core.model.bundle import Bundle, random_labels
from zoo_train.trouble import Trouble

SAMPLES = 32
ALIKE = 0.2  # of the data's diversity: below it, samples have collapsed
UNMOVED = 0.02  # of the data's diversity: a change of the condition that moves samples less is ignored


def distance(a: Tensor, b: Tensor) -> Tensor:
    """(N, C, H, W) and (M, C, H, W) uint8 -> (N, M): root mean square difference of what can be seen, 0 to 1."""
    x, y = _visible(a), _visible(b)
    distances: Tensor = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") / x.shape[1] ** 0.5
    return distances


def diversity(images: Tensor) -> float:
    """Mean distance between two different images of (N, C, H, W) uint8, N at least 2."""
    n = len(images)
    return float(distance(images, images).fill_diagonal_(0).sum() / (n * (n - 1)))


def sample_trouble(bundle: Bundle, real: Tensor, guides: Tensor | None = None) -> list[Trouble]:
    """Collapse, ignored labels and ignored guides.

    real    (N, C, H, W) uint8, some training images, N at least 2.
    guides  (SAMPLES, K, H, W), different ones, for a model that takes guides.
    """
    labels = random_labels(bundle.space, SAMPLES, seed=2) if bundle.space.labels else None
    drawn = bundle.sample(SAMPLES, seed=2, labels=labels, guide=guides)
    spread, wanted = diversity(drawn), diversity(real)
    found = []
    if spread < ALIKE * wanted:
        found.append(
            _trouble(
                bundle,
                "collapse",
                "",
                f"samples have collapsed: they differ by {spread:.3f}, training images by {wanted:.3f}; try a smaller "
                "--set train.lr, another --seed, or a model with a gradient penalty",
            )
        )
    for column, (name, values) in enumerate(bundle.space.labels.items()):
        if labels is None or len(values) < 2:
            continue
        others = labels.clone()
        others[:, column] = (labels[:, column] + 1) % len(values)
        moved = _moved(drawn, bundle.sample(SAMPLES, seed=2, labels=others, guide=guides))
        if moved < UNMOVED * wanted:
            advice = "train longer, or try --model acgan, whose critic asks for labels"
            found.append(_trouble(bundle, "labels", name, f"the generator ignores label {name}; {advice}"))
    if guides is not None:
        moved = _moved(drawn, bundle.sample(SAMPLES, seed=2, labels=labels, guide=guides.roll(1, 0)))
        if moved < UNMOVED * wanted:
            advice = "train longer, or try --model cgan with a larger --set objective.match"
            found.append(_trouble(bundle, "guides", "guide", f"the generator ignores its guides; {advice}"))
    return found


def _moved(a: Tensor, b: Tensor) -> float:
    return float((_visible(a) - _visible(b)).square().mean(1).sqrt().mean())


def _visible(images: Tensor) -> Tensor:
    """(N, C, H, W) uint8 -> (N, C * H * W) in [0, 1], colours times opacity."""
    x = images.float() / 255
    if x.shape[1] == 4:
        x = torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], 1)
    return x.flatten(1)


def _trouble(bundle: Bundle, kind: str, term: str, message: str) -> Trouble:
    iteration = int(bundle.config["trained"]["iterations"])
    return Trouble(kind, "generator", term, iteration, f"iteration {iteration}: {message}")
