"""Models by reference: a folder, a run, a model that a plugin ships, or a repository on the Hub.

Imports no torch, so that a model can be fetched, and its plugins asked for, before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.errors import RunFailure, ZooError
from zoo_core.model.config import CONFIG, MOST_CONFIG, WEIGHTS, check_requirements, read_config
from zoo_core.registry.catalog import Catalog, discover
from zoo_core.registry.names import NAME, one_line

if TYPE_CHECKING:
    from zoo_core.model.bundle import Bundle

LARGEST = 2**30  # bytes of a file that is downloaded without being asked for
REPOSITORY = re.compile(r"(?P<id>[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*)(?:@(?P<revision>[\w./-]+))?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
HOW = "type the folder of a model or of a run, user/repo of the Hub, or a model that is shipped (zoo list model)"


@dataclass(frozen=True)
class Reference:
    """What REF means: a `folder`, or a `repo` of the Hub at a `revision` (branch, tag or commit; "" for the newest)."""

    folder: Path | None = None
    repo: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Found:
    """A model on this machine.

    folder  holds config.json and model.safetensors.
    repo    its repository, "" for a folder.
    commit  of the repository, in full; "" for a folder.
    model   the id of the model that it was shipped with, "" for others.
    """

    folder: Path
    repo: str = ""
    commit: str = ""
    model: str = ""

    @property
    def name(self) -> str:
        """What to type to get the same model again: user/repo@commit, the name of a shipped model, or the folder."""
        return f"{self.repo}@{self.commit}" if self.repo else self.model.partition("/")[2] or str(self.folder)


def parse(reference: str | Path) -> Reference:
    """An existing folder is one; anything else must look like user/repo or user/repo@revision. Raises ZooError."""
    text, folder = str(reference), Path(reference)
    if folder.exists() or isinstance(reference, Path):
        return Reference(folder)
    match = REPOSITORY.fullmatch(text)
    if match and ".." not in text and "--" not in match["id"] and not text.endswith((".git", ".")):
        return Reference(None, match["id"], match["revision"] or "")
    raise ZooError(f"there is no folder {one_line(text, 100)}; {HOW}")


def fetch(
    reference: str | Path, *, optional: Sequence[str] = (), allow_large: bool = False, catalog: Catalog | None = None
) -> Found:
    """The model's files on this machine, downloaded if they are neither in a folder, nor shipped, nor in the cache.

    optional     further files of the repository that are downloaded if it has them, and may be missing.
    allow_large  download files of more than LARGEST bytes, too.
    catalog      if given, the plugins that the model needs are looked for in it before its weights are downloaded.

    Nothing but these files is asked for. With HF_HUB_OFFLINE=1, and for a commit that is here already if nothing optional is
    wanted, nobody is. Where the Hub does not answer, what the cache has of the revision is taken. Raises ZooError or
    RunFailure, one line.
    """
    if shipped := _shipped(reference, catalog):
        return shipped
    asked = parse(reference)
    if asked.folder is not None:
        folder = asked.folder
        if not (folder / CONFIG).exists() and (folder / "model" / CONFIG).exists():
            folder = folder / "model"
        if catalog:
            check_requirements(read_config(folder, allow_large), catalog)
        return Found(folder)
    # Whether a repository has an optional file only its listing says.
    found = _cached(asked) if _offline() or (COMMIT.fullmatch(asked.revision) and not optional) else None
    if found is None:
        found = _download(asked, optional, allow_large, catalog)
    elif catalog:
        check_requirements(read_config(found.folder, allow_large), catalog)
    return found


def load(reference: str | Path, *, device: str = "cpu", allow_large: bool = False, catalog: Catalog | None = None) -> Bundle:
    """The model that REF means, ready to be sampled: a folder, a run, the name of a shipped one, or user/repo[@revision].

    Nothing of the repository is executed: its config names ids of installed plugins and numbers. `allow_large` lifts the
    bounds on files, weights and image size. Raises ZooError for what the user can change (a wrong name, a missing plugin, a
    model that does not fit its config) and RunFailure for what may pass (no connection); each is one line.
    """
    catalog = catalog or discover()
    found = fetch(reference, allow_large=allow_large, catalog=catalog)
    from zoo_core.model.bundle import load_bundle  # imports torch: only now that all files are here

    return load_bundle(
        found.folder, catalog, device, allow_large=allow_large, source=found.name if found.repo or found.model else ""
    )


def save(model: Bundle | str | Path, folder: str | Path) -> None:
    """Write a model to a folder, which every command takes in place of user/repo.

    model  one that was loaded, or what `load` takes, a run's folder too.
    """
    from zoo_core.model.bundle import save_bundle  # imports torch

    save_bundle(load(model) if isinstance(model, str | Path) else model, Path(folder))


def _shipped(reference: str | Path, catalog: Catalog | None) -> Found | None:
    """The trained model that is installed under a plain name, unless a folder here has that name."""
    if not isinstance(reference, str) or not NAME.fullmatch(reference) or Path(reference).exists():
        return None
    catalog = catalog or discover()
    for item in catalog.of("model"):
        if item.entry.name == reference and (folder := catalog.weights(item)):
            check_requirements(read_config(folder), catalog)
            return Found(folder, model=item.id)
    return None


def _offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def _cached(asked: Reference) -> Found | None:
    """What the cache has, without asking anybody. Raises ZooError if that is nothing and the Hub must not be asked."""
    from huggingface_hub import try_to_load_from_cache

    paths = [try_to_load_from_cache(asked.repo, name, revision=asked.revision or None) for name in (CONFIG, WEIGHTS)]
    if all(isinstance(path, str) for path in paths):
        folder = Path(str(paths[0])).parent
        return Found(folder, asked.repo, folder.name)
    if _offline():
        raise ZooError(
            f"{_typed(asked)} is not in the cache and HF_HUB_OFFLINE is set; unset it, then zoo pull {_typed(asked)}"
        )
    return None


def _download(asked: Reference, optional: Sequence[str], allow_large: bool, catalog: Catalog | None) -> Found:
    from huggingface_hub import HfApi, hf_hub_download

    try:
        with asking(_typed(asked)):
            info = HfApi().model_info(asked.repo, revision=asked.revision or None, files_metadata=True, timeout=10)
    except RunFailure as failure:
        if found := _cached(asked):
            import click

            click.echo(f"warning: {failure}; taking {found.name} from the cache", err=True)
            return found
        raise RunFailure(f"there is no folder {_typed(asked)}, and {failure}") from failure
    commit = str(info.sha)
    sizes = {item.rfilename: item.size for item in info.siblings or ()}
    wanted = [WEIGHTS, *(name for name in optional if name in sizes and name not in (CONFIG, WEIGHTS))]
    _check_sizes(_typed(asked), sizes, wanted, allow_large)
    with asking(_typed(asked)):
        # By the name that was typed, so that the cache knows which commit it means when there is no connection.
        config = Path(hf_hub_download(asked.repo, CONFIG, revision=asked.revision or None))
        if config.parent.name != commit:
            raise RunFailure(f"{_typed(asked)} was changed while it was downloaded; type it again")
        if catalog:
            check_requirements(read_config(config.parent, allow_large), catalog)
        for name in wanted:
            hf_hub_download(asked.repo, name, revision=commit)
    return Found(config.parent, asked.repo, commit)


def _check_sizes(what: str, sizes: Mapping[str, int | None], wanted: Sequence[str], allow_large: bool) -> None:
    """Before anything is downloaded. The Hub knows the size of every file."""
    for name in (CONFIG, WEIGHTS):
        if name not in sizes:
            raise ZooError(f"{what} holds no model of zoo: it has no {name}")
    if (sizes[CONFIG] or 0) > MOST_CONFIG:
        raise ZooError(f"{what} holds no model of zoo: its {CONFIG} has {sizes[CONFIG]:,} bytes")
    for name in wanted:
        size = sizes[name] or 0
        if size > LARGEST and not allow_large:
            raise ZooError(f"{name} of {what} has {size / 2**30:.1f} GiB; if you trust it, type --allow-large")


def _typed(asked: Reference) -> str:
    return f"{asked.repo}@{asked.revision}" if asked.revision else asked.repo


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Errors of the Hub's client while it reads `what`, as one line.

    ZooError for what the user can change, RunFailure for what may pass.
    """
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except OfflineModeIsEnabled:
        raise ZooError("HF_HUB_OFFLINE is set; unset it to ask the Hub") from None
    except GatedRepoError as error:
        raise ZooError(f"{what} is given only to those who ask: visit its page on the Hub, then hf auth login") from error
    except RepositoryNotFoundError as error:
        raise ZooError(f"{what} is neither a folder here nor a model on the Hub; if it is private, hf auth login") from error
    except RevisionNotFoundError as error:
        raise ZooError(f"{what}: the repository has no such branch, tag or commit; leave out @... for the newest") from error
    except HFValidationError:
        raise ZooError(f"{what} cannot be the name of a repository; {HOW}") from None
    except LocalEntryNotFoundError as error:
        cause = error.__cause__ or error
        raise RunFailure(f"the Hub does not answer ({type(cause).__name__}); try again later") from error
    except HfHubHTTPError as error:
        raise _refused(what, error.response.status_code if error.response is not None else 0, error) from error
    except Exception as error:
        if not isinstance(error, (OSError, *HfHubHTTPError.__bases__)):  # the client's HTTP library, not always the same
            raise
        raise RunFailure(f"the Hub cannot be reached: {one_line(str(error) or type(error).__name__, 120)}") from error


def _refused(what: str, status: int, error: Exception) -> ZooError | RunFailure:
    if status == 401:
        return ZooError("the Hub does not know your token; type hf auth login, or unset HF_TOKEN")
    if status == 403:
        return ZooError(f"your token may not read {what}; make one that may, then hf auth login")
    if status == 404:
        return ZooError(f"{what} lacks a file that its listing names; tell its author")
    if status == 429:
        return RunFailure("the Hub asks to wait (429 Too Many Requests); try again in some minutes")
    return RunFailure(f"the Hub answered {status or one_line(str(error), 120)}; try again later")
