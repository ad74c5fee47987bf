"""What the fake Hub holds, what it is asked and answers, and who may do what."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from zoo_testing.fake_hub.repository import Commit, Repository
from zoo_testing.fake_hub.xet_format import XetFile

NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Request:
    """`path` without the query and still quoted, `query` and `headers` (lower-case names) by name."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def flag(self, name: str) -> bool:
        return self.query.get(name, [""])[0].lower() in ("1", "true")

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            raise Refusal(400, "the body is not JSON") from None


@dataclass(frozen=True)
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An error of the Hub; `code` is what the header X-Error-Code says."""

    def __init__(self, status: int, message: str, code: str = "", **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers


@dataclass
class Hub:
    """What the fake Hub holds.

    tokens     token -> user.
    objects    the large files by their sha256.
    part_size  bytes above which a large file is asked for in parts of that size; None: never.
    uploads    what has come of those that are not complete: by the upload's name, then by the part's number from 1.
    xet        whether it speaks Xet. xorbs, xet_files  what came by it: xorbs as they were sent, files by their hash.
    """

    endpoint: str = ""
    storage: str = ""  # another origin, as the Hub's storage is: the client must not send its token there
    tokens: dict[str, str] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    part_size: int | None = None
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    xet: bool = False
    xorbs: dict[str, bytes] = field(default_factory=dict)
    xet_files: dict[str, XetFile] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] = NONE) -> Reply:
    return Reply(json.dumps(value).encode(), status, {"Content-Type": "application/json; charset=utf-8", **headers})


def ranged(request: Request, data: bytes, headers: Mapping[str, str]) -> Reply:
    """All of it or the one range that was asked for (RFC 9110, section 14)."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if not match or match.groups() == ("", ""):
        return Reply(data, 200, headers)
    low, high = match.groups()
    start = int(low) if low else max(0, len(data) - int(high))
    end = min(len(data), int(high) + 1) if low and high else len(data)
    if start >= end:
        return Reply(b"", 416, {**headers, "Content-Range": f"bytes */{len(data)}"})
    return Reply(data[start:end], 206, {**headers, "Content-Range": f"bytes {start}-{end - 1}/{len(data)}"})


def user_of(hub: Hub, request: Request) -> str:
    """Who asks; "" for nobody."""
    given = request.headers.get("authorization", "")
    if not given:
        return ""
    user = hub.tokens.get(given.removeprefix("Bearer "))
    if user is None:
        raise Refusal(401, "Invalid credentials in Authorization header")
    return user


def readable(hub: Hub, request: Request, id: str) -> Repository:
    repository = hub.repositories.get(id)
    user = user_of(hub, request)
    if repository is None or (repository.private and user != repository.owner):
        # The Hub does not say whether a private repository exists.
        if user:
            raise Refusal(404, "Repository not found", "RepoNotFound")
        raise Refusal(401, "Invalid username or password.", "RepoNotFound")
    return repository


def writable(hub: Hub, request: Request, id: str) -> Repository:
    repository = readable(hub, request, id)
    may_write(hub, request, repository.owner)
    return repository


def may_write(hub: Hub, request: Request, namespace: str) -> None:
    user = user_of(hub, request)
    if not user:
        raise Refusal(401, "Invalid username or password.")
    if user != namespace:
        raise Refusal(403, f"Forbidden: you don't have the rights to write under the namespace {namespace}")


def at(repository: Repository, revision: str) -> Commit:
    commit = repository.resolve(revision)
    if commit is None:
        raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    return commit
