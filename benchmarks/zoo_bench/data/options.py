"""Options of the datasets. Imports neither torch nor numpy, so that they can be listed quickly."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class FolderOptions:
    """Options of the dataset `folder`."""

    path: str = option("", "folder of PNG, JPEG, WebP or GIF files")
    resize: str = option(
        "auto",
        "auto: area for small images of few colours (exact at whole multiples), lanczos for others",
        choices=("auto", "lanczos", "area", "nearest"),
    )
    held_out: float = option(0.1, "part held out, where the folder states no split", min=0.0, max=0.5)
    together: str = option("", "metadata field: images of one value are held out together, where no split is stated")
    max_pixels: int = option(50_000_000, "larger images are skipped undecoded", min=64, max=170_000_000)
    limit: int = option(0, "images to take at most, 0 for all", min=0, max=10**9)
    duplicates: bool = option(False, "keep images whose pixels are those of an earlier one")
    memory: int = option(2048, "MiB of pixels, beyond which they are read from disk batch by batch", min=1, max=2**24)


@dataclass(frozen=True)
class HubOptions(FolderOptions):
    """Options of the dataset `hub`: those of a folder, which the repository becomes."""

    path: str = option("", "dataset repository: user/name, or user/name@revision")
    subset: str = option("", "which of several configurations, where the repository has them")
    commit: str = option("", "the commit that is read; found when a run starts, and written into its recipe")


@dataclass(frozen=True)
class KnownOptions(HubOptions):
    """Options of datasets that are known by name: those of `hub`, where PATH is a folder."""

    path: str = option("", "folder that holds it; empty: it is downloaded from the Hub")


@dataclass(frozen=True)
class PackedOptions:
    """Options of the dataset `packed`."""

    path: str = option("", "folder that zoo data make has written")
    memory: int = option(2048, "MiB of pixels, beyond which they are read from disk batch by batch", min=1, max=2**24)
