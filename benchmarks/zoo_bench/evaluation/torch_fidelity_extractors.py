"""Extractors whose networks are torch-fidelity's: Inception of the FID, and CLIP (Radford et al. 2021, arXiv 2103.00020)."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from zoo_bench.evaluation.extractor import Extractor, check_torch_fidelity
from zoo_bench.evaluation.weights_file import WeightsFile, first_line
from zoo_core.errors import ZooError

INCEPTION_FILE = "weights-inception-2015-12-05-6726825d.pth"
INCEPTION_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
RESIZE = "bilinear to {0}x{0} as in TensorFlow 1, not antialiased"


def inception(name: str, weights: Path | None, device: str) -> Extractor:
    module = check_torch_fidelity()
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3  # type: ignore[import-untyped]

    path = WeightsFile(INCEPTION_FILE, URL_INCEPTION_V3, INCEPTION_SHA256).find(weights)
    network = module.FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(path)
    )
    network.to(device)

    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = network(images)
        return features, logits

    layer = "2048; logits_unbiased for the inception score"
    return Extractor(name, INCEPTION_SHA256, layer, RESIZE.format(299), extract, 16, device)


def clip(name: str, weights: Path | None, device: str) -> Extractor:
    """One of torch-fidelity's nine CLIP image encoders; the file is the one that OpenAI published."""
    check_torch_fidelity()
    from torch_fidelity import feature_extractor_clip as source  # type: ignore[import-untyped]

    if name not in source.MODEL_METADATA:
        raise ZooError(f"no extractor {name}; type one of {', '.join(source.MODEL_METADATA)}")
    sha256 = source.MODEL_METADATA[name]["hash"]
    path = WeightsFile(f"{name}-{sha256}.pt", source.MODEL_URLS[name], sha256).find(weights)
    try:
        network = source.FeatureExtractorCLIP(name, ["clip"], feature_extractor_weights_path=str(path))
    except Exception as error:
        raise ZooError(f"{path} is not a weights file of {name} ({first_line(error)})") from None
    network.to(device)

    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        (features,) = network(images)
        return features, features[:, :0]

    return Extractor(name, sha256, "image embedding", RESIZE.format(network.resolution), extract, 16, device)
