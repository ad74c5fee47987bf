"""The routes of the fake Hub that change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from zoo_testing.fake_hub import xet
from zoo_testing.fake_hub.card import card_metadata, card_problems
from zoo_testing.fake_hub.repository import File, file_json, info_json, iso, tree_json
from zoo_testing.fake_hub.state import Hub, Refusal, Reply, Request, at, json_reply, ranged, readable, user_of, writable


def whoami(hub: Hub, request: Request) -> Reply:
    user = user_of(hub, request)
    if not user:
        raise Refusal(401, "Invalid username or password.")
    token = {"type": "access_token", "accessToken": {"displayName": "test", "role": "write"}}
    return json_reply({"type": "user", "id": user, "name": user, "fullname": user, "orgs": [], "auth": token})


def auth_check(hub: Hub, request: Request, id: str, write: str) -> Reply:
    (writable if write else readable)(hub, request, id)
    return json_reply({})


def info(hub: Hub, request: Request, id: str, revision: str) -> Reply:
    repository = readable(hub, request, id)
    commit = at(repository, revision or "main")
    readme = commit.files.get("README.md", File(b"")).data.decode("utf-8", "replace")
    return json_reply(info_json(repository, commit, request.flag("blobs"), card_metadata(readme)))


def tree(hub: Hub, request: Request, id: str, revision: str, folder: str) -> Reply:
    listing = tree_json(at(readable(hub, request, id), revision), folder, request.flag("recursive"))
    if folder and not listing:
        raise Refusal(404, f"{folder} does not exist", "EntryNotFound")
    return json_reply(listing)


def paths_info(hub: Hub, request: Request, id: str, revision: str) -> Reply:
    files = at(readable(hub, request, id), revision).files
    if request.headers.get("content-type", "").startswith("application/json"):
        wanted = request.json().get("paths", [])
    else:
        wanted = parse_qs(request.body.decode()).get("paths", [])
    return json_reply([file_json(path, files[path]) for path in wanted if path in files])


def refs(hub: Hub, request: Request, id: str) -> Reply:
    repository = readable(hub, request, id)
    said = {"branches": _refs("refs/heads/", repository.branches), "tags": _refs("refs/tags/", repository.tags), "converts": []}
    return json_reply(said | {"pullRequests": _refs("", repository.pull_requests)})


def _refs(prefix: str, references: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "ref": prefix + name, "targetCommit": oid} for name, oid in references.items()]


def commits(hub: Hub, request: Request, id: str, revision: str) -> Reply:
    repository = readable(hub, request, id)
    return json_reply(
        [
            {"id": commit.oid, "title": commit.title, "message": commit.message}
            | {"authors": [{"user": commit.author}], "date": iso(commit.date)}
            for commit in repository.history(at(repository, revision))
        ]
    )


def validate_yaml(hub: Hub, request: Request) -> Reply:
    errors, warnings = card_problems(str(request.json().get("content", "")))
    said = {"errors": [{"message": text} for text in errors], "warnings": [{"message": text} for text in warnings]}
    return json_reply(said, 400 if errors else 200)


def resolve(hub: Hub, request: Request, id: str, revision: str, path: str) -> Reply:
    """A small file itself, or where the storage has a large one."""
    repository = readable(hub, request, id)
    if repository.gated and user_of(hub, request) != repository.owner:
        status = 403 if user_of(hub, request) else 401
        raise Refusal(status, f"Access to model {id} is restricted. Visit {hub.endpoint}/{id} to ask for access.", "GatedRepo")
    found = at(repository, revision)
    file = found.files.get(path)
    if file is None:
        raise Refusal(404, "Entry not found", "EntryNotFound", **{"X-Repo-Commit": found.oid})
    headers = {"X-Repo-Commit": found.oid, "Accept-Ranges": "bytes"}
    if not file.large:
        return ranged(request, file.data, headers | {"ETag": f'"{file.etag}"', "Content-Disposition": "inline"})
    hub.objects.setdefault(file.sha256, file.data)
    linked = {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(len(file.data))} | xet.link(hub, id, found.oid, file)
    return Reply(b"", 302, headers | linked | {"Location": f"{hub.storage}/storage/{file.sha256}?signature=test"})


def get_object(hub: Hub, request: Request, oid: str) -> Reply:
    if oid not in hub.objects:
        raise Refusal(403, "no such object, or the signature has expired")
    return ranged(request, hub.objects[oid], {"ETag": f'"{oid}"'})
