"""Feature extractors by name: `sprites` (shipped) and `inception` (torch-fidelity's, by local file or download)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from zoo_bench.evaluation.sprites import LAYER, RESIZE, WEIGHTS, load_sprites
from zoo_core.errors import ZooError

NAMES = ("sprites", "inception")
INCEPTION_FILE = "weights-inception-2015-12-05-6726825d.pth"
# The file is a pickle, which can run code when it is read: the whole hash is checked, not the eight digits of the name.
INCEPTION_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"


@dataclass(frozen=True)
class Extractor:
    """A fixed function of images.

    network  (B, 3, H, W) uint8 -> features (B, d) and class logits (B, k), both float.
    batch    images per call; fixed, because sums in another order give other last digits.
    """

    name: str
    weights_sha256: str
    layer: str
    resize: str
    network: Callable[[Tensor], tuple[Tensor, Tensor]]
    batch: int
    device: str = "cpu"


def open_extractor(name: str, weights: Path | None = None, device: str = "cpu") -> tuple[Extractor, tuple[str, ...]]:
    """The extractor `name`, and warnings.

    weights  a file to read instead of the shipped or downloaded one.
    Falls back to `sprites` with a warning if Inception's weights can be had neither from a file nor from the network.
    Raises ZooError for an unknown name, and for a file that is missing or not the one it should be.
    """
    if name == "sprites":
        return _sprites(weights or WEIGHTS, device), ()
    if name != "inception":
        raise ZooError(f"no extractor {name}; type one of {', '.join(NAMES)}")
    if weights is not None:
        return _inception(weights, device), ()
    path = Path(torch.hub.get_dir()) / "checkpoints" / INCEPTION_FILE
    if not path.exists():
        try:
            _download(path)
        except (OSError, HTTPException) as error:  # URLError is an OSError, a torn connection may be either
            reason = (str(getattr(error, "reason", error)).splitlines() or [type(error).__name__])[0]
            where = f"put {INCEPTION_FILE} (SHA-256 {INCEPTION_SHA256[:8]}...) into {path.parent}"
            warning = f"inception is not available ({reason}), used sprites: {where}"
            return _sprites(WEIGHTS, device), (warning,)
    return _inception(path, device), ()


def check_torch_fidelity() -> Any:
    """The module torch_fidelity. Raises ZooError if it cannot be imported, as with a torchvision of another torch."""
    try:
        import torch_fidelity  # type: ignore[import-untyped]
    except Exception as error:  # a mismatched torchvision raises RuntimeError while it is imported
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise ZooError(
            f"torch-fidelity does not import ({cause}); type pip install -U torch torchvision torch-fidelity"
        ) from None
    return torch_fidelity


def _sprites(path: Path, device: str) -> Extractor:
    network, sha256 = load_sprites(path)
    network.to(device)

    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = network(images.float())
        return features, logits

    return Extractor("sprites", sha256, LAYER, RESIZE, extract, 64, device)


def _inception(path: Path, device: str) -> Extractor:
    try:
        found = _sha256(path)
    except OSError:
        raise ZooError(f"{path} cannot be read; put {INCEPTION_FILE} there (SHA-256 {INCEPTION_SHA256[:8]}...)") from None
    if found != INCEPTION_SHA256:
        raise ZooError(f"{path} has SHA-256 {found[:8]}... and not {INCEPTION_SHA256[:8]}...; put {INCEPTION_FILE} there")
    network = check_torch_fidelity().FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(path)
    )
    network.to(device)

    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = network(images)
        return features, logits

    layer = "2048; logits_unbiased for the inception score"
    return Extractor("inception", found, layer, "bilinear to 299x299 as in TensorFlow 1, not antialiased", extract, 16, device)


def _download(path: Path) -> None:
    """Fetch Inception's weights to `path`. Raises OSError if that fails or brings another file."""
    check_torch_fidelity()
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3  # type: ignore[import-untyped]

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        torch.hub.download_url_to_file(URL_INCEPTION_V3, str(part), progress=False)
        if _sha256(part) != INCEPTION_SHA256:
            raise OSError("the download is another file")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
