"""Extractors whose networks are timm's: any of its models by name, and DINOv2 (Oquab et al. 2023, arXiv 2304.07193).

Images are resized whole, not cropped, to the size of the model's data config, with its interpolation, mean and deviation.

torch-fidelity fetches the code of DINOv2 from the network and runs it. Here timm's code reads the same published weights, at
the same size and with the same resize; position embeddings are interpolated as in timm.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import timm
import torch
import torch.nn.functional as F
from huggingface_hub import HfApi, try_to_load_from_cache
from timm.data.config import resolve_model_data_config
from torch import Tensor, nn

from zoo_bench.evaluation.extractor import PREFIX, Extractor, check_torch_fidelity
from zoo_bench.evaluation.pixels import digest
from zoo_bench.evaluation.weights_file import Unavailable, first_line
from zoo_core.errors import ZooError

DINOV2 = {
    "dinov2-vit-s-14": "vit_small_patch14_dinov2.lvd142m",
    "dinov2-vit-b-14": "vit_base_patch14_dinov2.lvd142m",
    "dinov2-vit-l-14": "vit_large_patch14_dinov2.lvd142m",
    "dinov2-vit-g-14": "vit_giant_patch14_dinov2.lvd142m",
}
DINOV2_SIZE = 224
BATCH = 16


def timm_model(name: str, weights: Path | None, device: str) -> Extractor:
    """`timm/MODEL` is what goes into the classifier; `timm/MODEL@LAYER` the output of that module, its mean over places.

    Raises ZooError for a model or a layer that timm does not have, and for a file that does not fit.
    """
    model, _, layer = name.removeprefix(PREFIX).partition("@")
    network = load_timm(model, weights).to(device)
    config = resolve_model_data_config(network)  # type: ignore[no-untyped-call]
    size, interpolation = tuple(config["input_size"][1:]), str(config["interpolation"])
    antialias = interpolation in ("bilinear", "bicubic")

    def resize(images: Tensor) -> Tensor:
        return F.interpolate(images.float(), size, mode=interpolation, antialias=antialias).clamp(0, 255)

    extract = _extract(network, config, resize, _tap(network, layer) if layer else None)
    described = f"{interpolation} to {size[0]}x{size[1]}{', antialiased when shrinking' if antialias else ''}"
    return Extractor(name, _digest(network), layer or "before the classifier", described, extract, BATCH, device)


def dinov2(name: str, weights: Path | None, device: str) -> Extractor:
    check_torch_fidelity()
    from torch_fidelity.interpolate_compat_tensorflow import (  # type: ignore[import-untyped]
        interpolate_bilinear_2d_like_tensorflow1x as resize_as_tensorflow,
    )

    network = load_timm(DINOV2[name], weights, img_size=DINOV2_SIZE).to(device)

    def resize(images: Tensor) -> Tensor:
        resized: Tensor = resize_as_tensorflow(images.float(), size=(DINOV2_SIZE, DINOV2_SIZE), align_corners=False)
        return resized

    config = resolve_model_data_config(network)  # type: ignore[no-untyped-call]
    extract = _extract(network, config, resize, None)
    described = f"bilinear to {DINOV2_SIZE}x{DINOV2_SIZE} as in TensorFlow 1, not antialiased"
    return Extractor(name, _digest(network), "class token", described, extract, BATCH, device)


def load_timm(model: str, weights: Path | None, **options: Any) -> nn.Module:
    """The model with its published weights, or those of a file (safetensors, or .pth without code in it)."""
    architecture = model.partition(".")[0]
    if not timm.is_model(architecture):
        near = difflib.get_close_matches(architecture, timm.list_models(), n=1)
        hint = f"did you mean {PREFIX}{near[0]}?" if near else "timm.list_models() lists them"
        raise ZooError(f"timm has no model {architecture}: {hint}")
    if weights is not None and not weights.is_file():
        raise ZooError(f"{weights} does not exist; type --extractor-weights with the file of timm/{model}")
    if weights is None and not timm.models.is_model_pretrained(model):
        raise ZooError(
            f"timm publishes no weights of {model}; type --extractor-weights FILE, or timm/MODEL.TAG with a known tag"
        )
    published = timm.models.get_pretrained_cfg(model) if weights is None else None
    try:
        file = weights or _in_reach(published.hf_hub_id if published else None)
        overlay = {"file": str(file), "custom_load": False} if file is not None else None
        network = timm.create_model(model, pretrained=True, pretrained_cfg_overlay=overlay, **options)
    except Exception as error:  # the hub, the network and files of other models fail in many ways
        if weights is not None:
            raise ZooError(f"{weights} is not a weights file of timm/{model} ({first_line(error)})") from None
        place = f"download model.safetensors of https://huggingface.co/timm/{model} and type --extractor-weights with its path"
        raise Unavailable(f"({first_line(error)}): {place}") from None
    return network.eval().requires_grad_(False)


def _in_reach(repo: str | None) -> Path | None:
    """The weights in the cache; None if they are to be downloaded. Raises what the Hub's client raises if it cannot be reached.

    timm tries again and again, for a minute and a half, to reach a Hub that is not there.
    """
    if not repo:  # of another place
        return None
    cached = try_to_load_from_cache(repo, "model.safetensors")
    if isinstance(cached, str):
        return Path(cached)
    HfApi().model_info(repo, timeout=10)
    return None


def _extract(
    network: nn.Module, config: dict[str, Any], resize: Callable[[Tensor], Tensor], tap: list[Tensor] | None
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = (images.new_tensor(config[key], dtype=torch.float32)[:, None, None] for key in ("mean", "std"))
        x = (resize(images) / 255 - mean) / spread
        maps = network.forward_features(x)  # type: ignore[operator]
        features = network.forward_head(maps, pre_logits=True)  # type: ignore[operator]
        logits = network.forward_head(maps) if network.num_classes else features[:, :0]  # type: ignore[operator]
        if tap is not None:
            features = tap.pop()
        return features.flatten(1), logits

    return extract


def _tap(network: nn.Module, layer: str) -> list[Tensor]:
    """A list that receives the output of a module at each pass: (B, d), means over (H, W) of maps or over tokens."""
    modules = dict(network.named_modules())
    if not layer or layer not in modules:
        near = difflib.get_close_matches(layer, modules, n=1)
        hint = f"did you mean @{near[0]}?" if near else f"it has {', '.join(name for name, _ in network.named_children())}"
        raise ZooError(f"this model has no layer {layer}: {hint}")
    found: list[Tensor] = []

    def keep(module: nn.Module, given: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or output.ndim not in (2, 3, 4):
            raise ZooError(f"layer {layer} answers with no map, tokens or vector; type another")
        found[:] = [output.mean((2, 3)) if output.ndim == 4 else output.mean(1) if output.ndim == 3 else output]

    modules[layer].register_forward_hook(keep)
    return found


def _digest(network: nn.Module) -> str:
    """SHA-256 of all weights by name: the same for a file and for a download."""
    return digest(*(value.cpu().numpy() for _, value in sorted(network.state_dict().items())))
