"""The routes of the fake Hub that take large files: git-LFS, in one piece or in parts.

Source: github.com/git-lfs/git-lfs, docs/api/batch.md, and for parts the client itself (huggingface_hub/lfs.py).
"""

from __future__ import annotations

import hashlib
from typing import Any

from zoo_testing.fake_hub.state import Hub, Refusal, Reply, Request, json_reply, writable


def batch(hub: Hub, request: Request, id: str) -> Reply:
    """How to send objects: those that are here already have no actions."""
    writable(hub, request, id)
    asked = request.json()
    parts = hub.part_size if "multipart" in asked.get("transfers", ()) else None
    objects = []
    for item in asked["objects"]:
        said: dict[str, Any] = {"oid": item["oid"], "size": item["size"], "authenticated": True}
        if item["oid"] not in hub.objects:
            in_parts = parts is not None and item["size"] > parts
            upload = _in_parts(hub, item["oid"], item["size"], parts or 1) if in_parts else _whole(hub, item["oid"])
            verify = {"href": f"{hub.endpoint}/{id}.git/info/lfs/objects/verify"}
            said["actions"] = {"upload": upload, "verify": verify}
        objects.append(said)
    return json_reply({"transfer": "multipart" if parts else "basic", "objects": objects})


def _whole(hub: Hub, oid: str) -> dict[str, Any]:
    return {"href": f"{hub.storage}/storage/{oid}?signature=test", "header": {}}


def _in_parts(hub: Hub, oid: str, size: int, part: int) -> dict[str, Any]:
    """Every try is an upload of its own, which starts empty."""
    upload = f"{oid}-{len(hub.uploads) + 1}"
    hub.uploads[upload] = {}
    numbers = range(1, -(-size // part) + 1)
    places = {str(number): f"{hub.storage}/storage/{upload}/{number}?signature=test" for number in numbers}
    return {"href": f"{hub.endpoint}/api/complete_multipart/{upload}", "header": {"chunk_size": str(part), **places}}


def put_object(hub: Hub, request: Request, oid: str) -> Reply:
    _keep(hub, oid, request.body)
    return Reply(headers={"ETag": f'"{oid}"'})


def put_part(hub: Hub, request: Request, upload: str, number: str) -> Reply:
    if upload not in hub.uploads:
        raise Refusal(404, "The specified upload does not exist.")
    hub.uploads[upload][int(number)] = request.body
    return Reply(headers={"ETag": _etag(request.body)})


def complete(hub: Hub, request: Request, upload: str) -> Reply:
    """The parts become the object, once they are all here and as the client means them."""
    asked, here = request.json(), hub.uploads.get(upload, {})
    named = {int(part["partNumber"]): part["etag"] for part in asked["parts"]}
    if not named or named != {number: _etag(data) for number, data in here.items()}:
        raise Refusal(400, "One or more of the specified parts could not be found.")
    _keep(hub, asked["oid"], b"".join(here[number] for number in sorted(here)))
    here.clear()
    return json_reply({"success": True})


def verify(hub: Hub, request: Request, id: str) -> Reply:
    writable(hub, request, id)
    asked = request.json()
    if len(hub.objects.get(asked["oid"], b"")) != asked["size"]:
        raise Refusal(404, f"the object {asked['oid']} was not uploaded")
    return json_reply({})


def _keep(hub: Hub, oid: str, data: bytes) -> None:
    if hashlib.sha256(data).hexdigest() != oid:
        raise Refusal(400, "the content does not have the hash it was announced with")
    hub.objects[oid] = data


def _etag(part: bytes) -> str:
    return f'"{hashlib.md5(part, usedforsecurity=False).hexdigest()}"'
