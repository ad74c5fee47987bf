"""The dataset `hub:user/repo[@revision]`: images of a dataset repository of the Hub, as a folder on this machine.

A repository of image files is such a folder already; one of parquet files is unpacked into one. Nothing of it is executed:
loading scripts, pickles and archives are not even downloaded.
"""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath

import click

from zoo_bench.data.cache import remember, remembered, unpacked
from zoo_bench.data.folder import Folder
from zoo_bench.data.metadata import NAMES
from zoo_bench.data.options import FolderOptions, HubOptions
from zoo_bench.data.parquet import unpack
from zoo_bench.data.scan import SUFFIXES
from zoo_bench.data.split import stated
from zoo_core.errors import RunFailure, ZooError
from zoo_core.images import Images
from zoo_core.model.hub import REPOSITORY, asking

VERSION = 1  # of unpacking: raise it when the same files give another folder
LOUD = 100 * 2**20  # bytes from which a download is announced
IMAGES = tuple(f"*{case(suffix)}" for suffix in sorted(SUFFIXES) for case in (str.lower, str.upper))
TABLES = tuple(f"*{name}" for name in NAMES)


class Hub:
    """A dataset repository. Asked and downloaded on first use, then read from the cache of the Hub's client."""

    def __init__(self, options: HubOptions) -> None:
        self.options = options

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Label attributes -> names of their values. Downloads the repository."""
        return self._images.attributes()

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        """As `Folder.load`. Raises ZooError for a repository without images, RunFailure where the Hub does not answer."""
        images = self._images.load(size, channels, labels, background)
        resize = images.note.rpartition(", ")[2]
        return dataclasses.replace(images, note=f"{self._asked[0]} of the Hub at commit {self._found[0]}, {resize}")

    def why_not(self, label: str) -> str:
        """As `Folder.why_not`."""
        return self._images.why_not(label)

    def pinned(self) -> HubOptions:
        """The same options with the commit that is read now, for a recipe."""
        return dataclasses.replace(self.options, commit=self._found[0])

    @cached_property
    def folder(self) -> Path:
        """The images on this machine."""
        (repo, _), (commit, sizes), typed = self._asked, self._found, self.options.path
        parquet = of_subset([name for name in sizes if is_parquet(name)], self.options.subset, typed)
        if parquet:

            def fill(folder: Path) -> None:
                size = sum(sizes[name] for name in parquet)
                root = download(repo, commit, [glob.escape(name) for name in parquet], size, typed)
                unpack([(name, root / name) for name in parquet], folder)

            return unpacked(f"hub/{VERSION}/{repo}@{commit}/{self.options.subset}", fill)
        images = [name for name in sizes if PurePosixPath(name).suffix.lower() in SUFFIXES]
        if not images:
            raise ZooError(f"{typed} holds neither image files nor parquet files: unpack its images into a folder by hand")
        return download(repo, commit, [*IMAGES, *TABLES], sum(sizes[name] for name in images), typed)

    @cached_property
    def _images(self) -> Folder:
        given = {field.name: getattr(self.options, field.name) for field in dataclasses.fields(FolderOptions)}
        return Folder(FolderOptions(**{**given, "path": str(self.folder)}))

    @cached_property
    def _asked(self) -> tuple[str, str]:
        """(repository, revision)."""
        match = REPOSITORY.fullmatch(self.options.path)
        if not match:
            raise ZooError(
                f"hub:{self.options.path} names no repository: type --dataset hub:user/name or hub:user/name@revision"
            )
        return match["id"], self.options.commit or match["revision"] or ""

    @cached_property
    def _found(self) -> tuple[str, dict[str, int]]:
        """The commit that is read, in full, and its files with their sizes; without a connection, what the cache has."""
        from huggingface_hub import HfApi, constants

        repo, revision = self._asked
        try:
            if constants.HF_HUB_OFFLINE:
                raise RunFailure("HF_HUB_OFFLINE is set")
            with _asking(self.options.path):
                info = HfApi().dataset_info(repo, revision=revision or None, files_metadata=True, timeout=10)
        except RunFailure as failure:
            last = remembered(f"hub/{repo}@{revision}")
            if last is None:
                raise RunFailure(f"{failure}, and {self.options.path} is not in the cache") from failure
            click.echo(f"warning: {failure}; taking {repo}@{last['commit']} from the cache", err=True)
            return str(last["commit"]), last["sizes"]
        commit, sizes = str(info.sha), {item.rfilename: item.size or 0 for item in info.siblings or ()}
        remember(f"hub/{repo}@{revision}", {"commit": commit, "sizes": sizes})
        return commit, sizes


def is_parquet(name: str) -> bool:
    return name.endswith(".parquet") and PurePosixPath(name).name != "metadata.parquet"


def of_subset(names: Sequence[str], subset: str, typed: str) -> list[str]:
    """The parquet files of one configuration, in order: configurations are the top folders that are no names of splits.

    Raises ZooError if there are several and none is chosen, or there is none of the name.
    """
    tops: dict[str, list[str]] = {}
    for name in sorted(names):
        top, slash, _ = name.partition("/")
        tops.setdefault(top if slash and stated(top) is None else "", []).append(name)
    if subset in tops and (subset or len(tops) == 1):
        return tops[subset]
    if len(tops) == 1 and not subset:
        return next(iter(tops.values()))
    if not tops and not subset:
        return []
    known = ", ".join(top for top in tops if top) or "none"
    raise ZooError(f"{typed} has the configurations {known}: type --set dataset.subset=NAME with one of them")


def download(repo: str, commit: str, patterns: Sequence[str], size: int, typed: str) -> Path:
    """The files that fit `patterns`, in the cache of the Hub's client: of one commit."""
    from huggingface_hub import snapshot_download

    if size >= LOUD:
        click.echo(f"{typed}: {size / 2**20:,.0f} MiB, downloaded from the Hub unless they are in its cache", err=True)
    with _asking(typed):
        return Path(snapshot_download(repo, repo_type="dataset", revision=commit, allow_patterns=list(patterns)))


@contextmanager
def _asking(typed: str) -> Iterator[None]:
    """`asking`, for a dataset: what it would say of models and folders is said of datasets."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    with asking(typed):
        try:
            yield
        except GatedRepoError:
            raise
        except RepositoryNotFoundError as error:
            raise ZooError(f"there is no dataset {typed} on the Hub; if it is private, hf auth login") from error
