"""Options of the ColorPicker. Imported by `zoo info`, so without torch."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class ColorPickerOptions:
    colours: int = option(16, "colours in the palette", min=2, max=256)
    distribution: str = option(
        "shared",
        "shared: a pixel's mixture is the same for all channels, so the palette holds colours; per_channel: one for each",
        choices=("shared", "per_channel"),
    )
    doubling: str = option(
        "shuffle",
        "how a stage doubles; shuffle: by pixel shuffle, as Lazarou has it, which hatches until it has learnt not to; "
        "nearest: by nearest-neighbour doubling, which has no hatching to unlearn",
        choices=("shuffle", "nearest"),
    )
    kernel: int = option(4, "kernel of the convolution after each doubling; 3 goes with nearest", min=1, max=9)
    hidden: int = option(128, "units of the palette's first hidden layer", min=1, max=4096)
    hidden2: int = option(64, "units of the palette's second hidden layer", min=1, max=4096)
    norm: str = option("batch", "normalisation inside the palette", choices=("none", "batch", "layer"))
    hard: bool = option(False, "outside training every pixel takes its likeliest colour alone: a true palette image")
