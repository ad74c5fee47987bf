"""A model repository in memory: files in commits, commits under branches and tags, large files by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

LARGE = 10 * 2**20  # bytes from which the Hub keeps any file as a large one
LARGE_SUFFIXES = (".bin", ".npz", ".pkl", ".pt", ".pth", ".safetensors", ".zip")  # and those of its default .gitattributes


@dataclass(frozen=True)
class File:
    """Content, and whether it is kept as a large file (LFS), of which git holds a pointer only."""

    data: bytes
    large: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        return text.encode()

    @property
    def oid(self) -> str:
        """The git object's id: of the content, or of the pointer."""
        stored = self.pointer if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.oid


@dataclass(frozen=True)
class Commit:
    oid: str
    parent: str
    files: Mapping[str, File]
    title: str
    message: str
    author: str
    date: datetime


@dataclass
class Repository:
    """`gated` answers downloads with the Hub's "ask for access"; `branches` and `tags` are names -> commit ids."""

    id: str
    owner: str
    private: bool = False
    gated: bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pull_requests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.commit({}, "initial commit")

    def resolve(self, revision: str) -> Commit | None:
        """The commit that a branch, a tag, a reference in full or a commit id of at least 7 digits means."""
        name = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        oid = self.branches.get(name) or self.tags.get(name) or self.pull_requests.get(revision)
        if oid is None and len(revision) >= 7:
            oid = next((known for known in self.commits if known.startswith(revision)), None)
        return self.commits.get(oid or "")

    def commit(
        self,
        files: Mapping[str, File | None],
        title: str,
        message: str = "",
        *,
        author: str = "",
        branch: str = "main",
    ) -> Commit:
        """Put a commit on a branch (or on a reference such as refs/pr/1). None deletes a file."""
        references = self.pull_requests if branch.startswith("refs/pr/") else self.branches
        parent = references.get(branch, "")
        old = dict(self.commits[parent].files) if parent else {}
        merged = {path: file for path, file in {**old, **files}.items() if file is not None}
        listing = repr((parent, len(self.commits), title, sorted((path, file.oid) for path, file in merged.items())))
        oid = hashlib.sha1(f"{self.id} {listing}".encode()).hexdigest()
        commit = Commit(oid, parent, merged, title, message, author or self.owner, datetime.now(UTC))
        self.commits[oid] = commit
        references[branch] = oid
        return commit

    def history(self, commit: Commit) -> list[Commit]:
        """The commit and its parents, newest first."""
        found = [commit]
        while found[-1].parent:
            found.append(self.commits[found[-1].parent])
        return found


def kept_large(path: str, size: int, sample: bytes) -> bool:
    """Whether the Hub wants a file as a large one: by its suffix, its size, or because it is not text."""
    return path.lower().endswith(LARGE_SUFFIXES) or size >= LARGE or b"\0" in sample


def file_json(path: str, file: File) -> dict[str, Any]:
    """A file as /tree and /paths-info describe it."""
    said: dict[str, Any] = {"type": "file", "oid": file.oid, "size": len(file.data), "path": path}
    if file.large:
        said["lfs"] = {"oid": file.sha256, "size": len(file.data), "pointerSize": len(file.pointer)}
    return said


def tree_json(commit: Commit, folder: str, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders below `folder` ("" for the root), as /tree lists them."""
    said: dict[str, dict[str, Any]] = {}
    for path, file in sorted(commit.files.items()):
        place = PurePosixPath(path)
        if folder and not path.startswith(f"{folder}/"):
            continue
        above = [str(parent) for parent in place.parents if str(parent) not in (".", "/")]
        inside = [parent for parent in reversed(above) if not folder or parent.startswith(f"{folder}/")]
        for parent in inside if recursive else inside[:1]:
            said.setdefault(parent, {"type": "directory", "oid": hashlib.sha1(parent.encode()).hexdigest(), "path": parent})
        if recursive or not inside:
            said[path] = file_json(path, file)
    return list(said.values())


def info_json(repository: Repository, commit: Commit, blobs: bool, card: Mapping[str, Any]) -> dict[str, Any]:
    """A repository at a commit, as /api/models/ID describes it. `card` is the metadata of its README.md."""
    siblings: list[dict[str, Any]] = []
    for path, file in sorted(commit.files.items()):
        sibling: dict[str, Any] = {"rfilename": path}
        if blobs:
            sibling |= {"size": len(file.data), "blobId": file.oid}
            if file.large:
                sibling["lfs"] = {"sha256": file.sha256, "size": len(file.data), "pointerSize": len(file.pointer)}
        siblings.append(sibling)
    tags = card.get("tags")
    return {
        "_id": hashlib.sha1(repository.id.encode()).hexdigest()[:24],
        "id": repository.id,
        "modelId": repository.id,
        "author": repository.owner,
        "sha": commit.oid,
        "private": repository.private,
        "gated": "manual" if repository.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [str(tag) for tag in tags] if isinstance(tags, list) else [],
        "pipeline_tag": card.get("pipeline_tag"),
        "library_name": card.get("library_name"),
        "cardData": dict(card),
        "createdAt": iso(repository.history(commit)[-1].date),
        "lastModified": iso(commit.date),
        "siblings": siblings,
    }


def iso(date: datetime) -> str:
    return date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z"
