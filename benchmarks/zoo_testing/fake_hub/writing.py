"""The routes of the fake Hub that change something."""

from __future__ import annotations

import base64
import json
from typing import Any

from zoo_testing.fake_hub.card import card_problems
from zoo_testing.fake_hub.repository import Commit, File, Repository, kept_large
from zoo_testing.fake_hub.state import Hub, Refusal, Reply, Request, at, json_reply, may_write, user_of, writable


def create(hub: Hub, request: Request) -> Reply:
    asked = request.json()
    namespace = asked.get("organization") or user_of(hub, request)
    may_write(hub, request, namespace)
    if asked.get("type") not in (None, "model"):
        raise Refusal(400, "the fake Hub has models only")
    id = f"{namespace}/{asked['name']}"
    url = f"{hub.endpoint}/{id}"
    if id in hub.repositories:
        return json_reply({"error": "You already created this model repo", "url": url}, 409)
    private = asked.get("visibility") == "private" or bool(asked.get("private"))
    hub.repositories[id] = Repository(id, namespace, private)
    return json_reply({"url": url, "name": id, "id": id})


def delete(hub: Hub, request: Request) -> Reply:
    asked = request.json()
    id = f"{asked.get('organization') or user_of(hub, request)}/{asked['name']}"
    writable(hub, request, id)
    del hub.repositories[id]
    return Reply()


def settings(hub: Hub, request: Request, id: str) -> Reply:
    repository, asked = writable(hub, request, id), request.json()
    if "visibility" in asked or "private" in asked:
        repository.private = asked.get("visibility") == "private" or bool(asked.get("private"))
    if "gated" in asked:
        repository.gated = bool(asked["gated"])
    return json_reply(asked)


def make_branch(hub: Hub, request: Request, id: str, name: str) -> Reply:
    repository = writable(hub, request, id)
    return _point(repository.branches, name, at(repository, request.json().get("startingPoint") or "main"))


def drop_branch(hub: Hub, request: Request, id: str, name: str) -> Reply:
    if name == "main":
        raise Refusal(403, "the branch main cannot be deleted")
    return _drop(writable(hub, request, id).branches, name)


def make_tag(hub: Hub, request: Request, id: str, revision: str) -> Reply:
    repository = writable(hub, request, id)
    return _point(repository.tags, str(request.json()["tag"]), at(repository, revision))


def drop_tag(hub: Hub, request: Request, id: str, name: str) -> Reply:
    return _drop(writable(hub, request, id).tags, name)


def _point(references: dict[str, str], name: str, commit: Commit) -> Reply:
    if name in references:
        raise Refusal(409, f"Reference already exists: {name}")
    references[name] = commit.oid
    return json_reply({})


def _drop(references: dict[str, str], name: str) -> Reply:
    if references.pop(name, None) is None:
        raise Refusal(404, f"Invalid rev id: {name}", "RevisionNotFound")
    return json_reply({})


def preupload(hub: Hub, request: Request, id: str, revision: str) -> Reply:
    old = at(writable(hub, request, id), revision).files
    said = []
    for file in request.json()["files"]:
        large = kept_large(file["path"], file["size"], base64.b64decode(file["sample"]))
        known = old.get(file["path"])
        entry = {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
        said.append(entry | ({"oid": known.etag} if known and known.large == large else {}))
    return json_reply({"files": said, "commitOid": at(hub.repositories[id], revision).oid})


def commit(hub: Hub, request: Request, id: str, revision: str) -> Reply:
    repository = writable(hub, request, id)
    lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
    header = next((line["value"] for line in lines if line["key"] == "header"), None)
    if header is None or not header.get("summary"):
        raise Refusal(400, "a commit needs a summary")
    head = at(repository, revision)
    if (expected := header.get("parentCommit")) and expected != head.oid:
        raise Refusal(412, f"A commit has happened since. Please refresh and try again. (expected {expected}, got {head.oid})")
    if not request.flag("create_pr") and revision not in repository.branches:
        raise Refusal(400, f"{revision} is not a branch")
    files = _changes(hub, head, [line for line in lines if line["key"] != "header"])
    text = (files.get("README.md") or File(b"")).data.decode("utf-8", "replace")
    if "README.md" in files and (errors := card_problems(text)[0]):
        raise Refusal(400, f"Invalid metadata in README.md: {'; '.join(errors)}")
    branch, said = revision, {}
    if request.flag("create_pr"):
        branch = f"refs/pr/{len(repository.pull_requests) + 1}"
        repository.pull_requests[branch] = head.oid
        said = {"pullRequestUrl": f"{hub.endpoint}/{id}/discussions/{branch.rpartition('/')[2]}"}
    made = repository.commit(
        files, header["summary"], header.get("description", ""), author=user_of(hub, request), branch=branch
    )
    url = f"{hub.endpoint}/{id}/commit/{made.oid}"
    return json_reply({"success": True, "commitOid": made.oid, "commitUrl": url, "hookOutput": ""} | said)


def _changes(hub: Hub, head: Commit, lines: list[dict[str, Any]]) -> dict[str, File | None]:
    """All or nothing: a large file that was not uploaded refuses the whole commit."""
    files: dict[str, File | None] = {}
    for line in lines:
        key, value = line["key"], line["value"]
        path = str(value["path"])
        if key == "file":
            files[path] = File(base64.b64decode(value["content"]))
        elif key == "lfsFile":
            if value["oid"] not in hub.objects:
                raise Refusal(400, f"the object of {path} was not uploaded: {value['oid']}")
            files[path] = File(hub.objects[value["oid"]], large=True)
        elif key in ("deletedFile", "deletedFolder"):
            gone = [old for old in head.files if old == path or old.startswith(path.rstrip("/") + "/")]
            if not gone:
                raise Refusal(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
            files |= dict.fromkeys(gone)
        else:
            raise Refusal(400, f"unknown operation {key}")
    return files
