"""How well an autoencoder repeats images that it was not trained on, beside what knowing nothing but their mean reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.jackknife import FEWEST, interval, standard_error, without_each
from zoo_bench.evaluation.pixels import Pixels, Rows, digest, opaque
from zoo_bench.samples.figures import reconstructed
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_train.encoder import Encoder


def reconstruction_scores(
    bundle: Bundle, encoder: Encoder, images: Images, background: tuple[int, int, int]
) -> list[dict[str, Any]]:
    """Two entries for the scores of a report, about held-out images; none where none is held out.

    reconstruction_error  mean absolute difference of all numbers, as a share of the range 0..255; spread: over the images.
    reconstruction_psnr   10 log10(255^2 / mean squared difference) in dB, over all images at once; left out if nothing differs.

    The intervals are of the jackknife over held-out images. The floor is the mean training image in place of every
    reconstruction. Alpha is composited on `background` first.
    """
    held = np.flatnonzero(images.held_out)
    if not len(held):
        return []
    real = opaque(images.pixels[held], background)
    again = opaque(reconstructed(bundle, encoder, images, held), background)
    mean = opaque(images.pixels[~images.held_out], background).mean(0, keepdims=True)
    error, floor = _errors(real, again), _errors(real, mean)
    identity = f"held-out-{len(held)}-{digest(real, mean)[:6]}"

    def entry(name: str, value: float, floor: float, better: str, spread: float | None, without: Rows | None) -> dict[str, Any]:
        low, high = (without is not None and interval(name, value, standard_error(without))) or (None, None)
        found = {"name": name, "value": value, "spread": spread, "low": low, "high": high}
        return {**found, "floor": floor, "at_floor_n": None, "better": better, "id": f"{name}-{identity}"}

    enough = len(held) >= FEWEST
    spread = float(error.std()) if len(held) > 1 else None
    without = without_each(error) if enough else None
    found = [entry("reconstruction_error", float(error.mean()), float(floor.mean()), "lower", spread, without)]
    psnr, floor_psnr = psnr_of(real, again), psnr_of(real, mean)
    if np.isfinite(psnr) and np.isfinite(floor_psnr):
        squared = np.square(real - again.astype(np.float64)).mean((1, 2, 3))
        without = _psnr(without_each(squared)) if enough else None
        found.append(entry("reconstruction_psnr", psnr, floor_psnr, "higher", None, without))
    return found


def reconstruction_error(
    bundle: Bundle, encoder: Encoder, images: Images, chosen: NDArray[np.int64], background: tuple[int, int, int]
) -> NDArray[np.float64]:
    """(n,): mean absolute difference, in [0, 1], between the images with these numbers and their reconstructions."""
    again = reconstructed(bundle, encoder, images, chosen)
    return _errors(opaque(images.pixels[chosen], background), opaque(again, background))


def psnr_of(real: Pixels, other: NDArray[Any]) -> float:
    """Peak signal-to-noise ratio in dB of (n, H, W, C) images in 0..255; infinite where nothing differs."""
    squared = float(np.square(real - np.asarray(other, np.float64)).mean())
    return float("inf") if squared == 0 else float(_psnr(squared))


def _psnr(squared: Any) -> Any:
    """Of mean squared differences above 0."""
    return 10 * np.log10(255**2 / squared)


def _errors(real: Pixels, other: NDArray[Any]) -> NDArray[np.float64]:
    """(n,): mean absolute difference per image, in [0, 1]."""
    found: NDArray[np.float64] = np.abs(real - np.asarray(other, np.float64)).mean((1, 2, 3)) / 255
    return found
