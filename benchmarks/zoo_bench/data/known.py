"""Datasets that papers name: from a folder that has them, or from the Hub. The images are their makers', with their conditions.

cifar10      60,000 photographs of 10 classes, 32 x 32 (Krizhevsky 2009)
celeba       202,599 faces, 178 x 218 (Liu et al. 2015)
anime_faces  drawn faces
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path

from zoo_bench.data import cifar
from zoo_bench.data.cache import unpacked
from zoo_bench.data.folder import Folder
from zoo_bench.data.hub import Hub
from zoo_bench.data.options import FolderOptions, HubOptions, KnownOptions
from zoo_core.errors import ZooError
from zoo_core.images import Images


class Known:
    """The folder `options.path`, with image files or the binary files of CIFAR-10; or `repo` of the Hub if there is no path."""

    def __init__(self, repo: str, options: KnownOptions) -> None:
        self.repo = repo
        self.options = options

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Label attributes -> names of their values. Downloads what is not here."""
        return self._source.attributes()

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        """As `Folder.load` or `Hub.load`."""
        return self._source.load(size, channels, labels, background)

    def why_not(self, label: str) -> str:
        """As `Folder.why_not`."""
        return self._source.why_not(label)

    def pinned(self) -> KnownOptions:
        """The same options, with the commit that is read now where it is the Hub's."""
        if isinstance(self._source, Folder):
            return self.options
        return dataclasses.replace(self.options, commit=self._source.pinned().commit)

    @property
    def folder(self) -> Path:
        """The images on this machine."""
        return Path(self._source.options.path) if isinstance(self._source, Folder) else self._source.folder

    @cached_property
    def _source(self) -> Folder | Hub:
        given = {field.name: getattr(self.options, field.name) for field in dataclasses.fields(HubOptions)}
        if not self.options.path:
            return Hub(HubOptions(**{**given, "path": self.repo}))
        if self.options.commit or self.options.subset:
            raise ZooError(f"commit and subset are of the Hub, and {self.options.path} is a folder: leave them out")
        own = {field.name: given[field.name] for field in dataclasses.fields(FolderOptions)}
        return Folder(FolderOptions(**{**own, "path": _images_of(self.options.path)}))


def _images_of(path: str) -> str:
    files = cifar.batches(Path(path).expanduser())
    if not files:
        return path
    states = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return str(unpacked(f"cifar/1/{states}", lambda folder: cifar.unpack(files, folder)))


cifar10 = partial(Known, "uoft-cs/cifar10")
celeba = partial(Known, "nielsr/CelebA-faces")
anime_faces = partial(Known, "huggan/anime-faces")
