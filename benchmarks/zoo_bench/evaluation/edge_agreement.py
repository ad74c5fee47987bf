"""Does a guided model use its guide? F1 between the lines it was given and the edges of what it drew.

A high F1 alone says little: edge maps of different images overlap as well. So the same samples are also held against the
guides of other images, and so are real images against the edges of others.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from zoo_bench.samples.guides import Guides
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle

TOLERANCE = 1  # pixels in any direction, diagonals included, by which an edge may be off
SHUFFLES = 8  # ways to give each sample another image's guide


def edge_f1(lines: Tensor, edges: Tensor, tolerance: int = TOLERANCE) -> Tensor:
    """(N, 1, H, W) of 0 and 1, twice -> (N,) in [0, 1].

    Precision is the share of `edges` within `tolerance` of `lines`, recall that of `lines` within it of `edges`; F1 is their
    harmonic mean (van Rijsbergen 1979), 1 where there is nothing on either side. Exchanging both gives the same.
    """
    precision, recall = _covered(edges, lines, tolerance), _covered(lines, edges, tolerance)
    f1 = 2 * precision * recall / (precision + recall).clamp_min(1e-12)
    empty = (lines.flatten(1).sum(1) == 0) & (edges.flatten(1).sum(1) == 0)
    return torch.where(empty, torch.ones_like(f1), f1)


def edge_scores(bundle: Bundle, images: Images, fakes: np.ndarray[Any, Any], guides: Guides) -> list[dict[str, Any]]:
    """Two entries for the scores of a report: `edge_f1` and, as its control, `edge_f1_shuffled`.

    fakes  (n, H, W, C) uint8; sample i was drawn along guides.lines[i].

    The floor is what the images that the guides came from reach: 1 against their own edges, and against those of others what
    images of this set have in common. The control is left out if there is one guide only.
    """
    threshold, thin = bundle.edges
    drawn = _edges(bundle, fakes)
    usable = np.unique(guides.sources)
    real = _edges(bundle, images.pixels[usable])
    place = torch.from_numpy(np.searchsorted(usable, guides.sources))
    name = f"{threshold:g}{'-thin' if thin else ''}"
    described = f"{name} {TOLERANCE} {tuple(guides.lines.shape)}".encode()
    digest = hashlib.sha256(described + guides.lines.to(torch.uint8).cpu().numpy().tobytes()).hexdigest()[:6]
    identity = f"edges{name}-{len(usable)}x{len(fakes)}-{digest}"

    def entry(name: str, values: list[float], floors: list[float], better: str) -> dict[str, Any]:
        return {
            "name": name,
            "value": float(np.mean(values)),
            "spread": float(np.std(values)) if len(values) > 1 else None,
            "floor": float(np.mean(floors)),
            "at_floor_n": None,
            "better": better,
            "id": f"{name}-{identity}",
        }

    def against(shift: int) -> tuple[float, float]:
        """F1 with the guide `shift` images further on: of the samples, and of the real images."""
        others = real.roll(-shift, 0)
        return float(edge_f1(others[place], drawn).mean()), float(edge_f1(others, real).mean())

    shifts = sorted({round(k * len(usable) / (SHUFFLES + 1)) for k in range(1, SHUFFLES + 1)} - {0, len(usable)})
    own, own_floor = against(0)
    found = [entry("edge_f1", [own], [own_floor], "higher")]
    if shifts:
        values, floors = zip(*map(against, shifts), strict=True)
        found.append(entry("edge_f1_shuffled", list(values), list(floors), "lower"))
    return found


def _covered(some: Tensor, others: Tensor, tolerance: int) -> Tensor:
    """(N,): the share of `some` that lies within `tolerance` of `others`; 0 if there are none."""
    wide = F.max_pool2d(others.float(), 2 * tolerance + 1, 1, tolerance)
    return (some.float() * wide).flatten(1).sum(1) / some.float().flatten(1).sum(1).clamp_min(1)


def _edges(bundle: Bundle, pixels: np.ndarray[Any, Any]) -> Tensor:
    return bundle.guide(torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))))
