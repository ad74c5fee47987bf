"""Files of weights that are too large to ship: a given one, one in its place, or a download; never without its hash."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import torch

from zoo_core.errors import ZooError


class Unavailable(Exception):
    """Weights that can be had neither from a file nor from the network: why, and what to put where, in one line."""


@dataclass(frozen=True)
class WeightsFile:
    """A file that torch-fidelity would read. They are pickles, which can run code when read: the whole hash is checked."""

    name: str
    url: str
    sha256: str

    @property
    def place(self) -> Path:
        return Path(torch.hub.get_dir()) / "checkpoints" / self.name

    def find(self, given: Path | None) -> Path:
        """The file, from where the user says or from its place, where it is downloaded to.

        Raises ZooError for a file that is missing or another one, Unavailable if the download fails.
        """
        path = given or self.place
        if given is None and not path.exists():
            self._download(path)
        try:
            found = sha256_of(path)
        except OSError:
            raise ZooError(f"{path} cannot be read; put {self.name} there (SHA-256 {self.sha256[:8]}...)") from None
        if found != self.sha256:
            raise ZooError(f"{path} has SHA-256 {found[:8]}... and not {self.sha256[:8]}...; put {self.name} there")
        return path

    def _download(self, path: Path) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(self.url, str(part), progress=False)
            if sha256_of(part) != self.sha256:
                raise OSError("the download is another file")
            part.replace(path)
        except (OSError, HTTPException) as error:  # URLError is an OSError, a torn connection may be either
            reason = first_line(getattr(error, "reason", error))
            raise Unavailable(f"({reason}): put {self.name} (SHA-256 {self.sha256[:8]}...) into {path.parent}") from None
        finally:
            part.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(problem: object) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
