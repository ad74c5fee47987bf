"""The routes of the fake Hub that speak Xet, the storage that a client with the package hf_xet sends large files to.

Source: huggingface.co/docs/xet, "CAS API", "Authentication and Authorization" and "Download Protocol". What is left out: chunks
of other files are never offered for deduplication, and hashes of chunks and xorbs are not computed. What is checked instead is
what a test wants to know: that the file that comes together has the sha256 that was said.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from zoo_testing.fake_hub.repository import File
from zoo_testing.fake_hub.state import Hub, Refusal, Reply, Request, at, json_reply, ranged, readable, writable
from zoo_testing.fake_hub.xet_format import Chunk, Term, chunks_of, files_of

EXPIRES = 4_102_444_800  # seconds since 1970: 2100


def token(hub: Hub, request: Request, id: str, scope: str, revision: str) -> Reply:
    """A token for the storage, which knows nothing of those for the Hub."""
    if not hub.xet:
        raise Refusal(404, "this fake Hub does not speak Xet; make it with xet=True")
    repository = (writable if scope == "write" else readable)(hub, request, id)
    at(repository, revision)
    said = {"accessToken": f"xet_{scope}", "exp": EXPIRES, "casUrl": hub.storage}
    headers = {"X-Xet-Access-Token": f"xet_{scope}", "X-Xet-Token-Expiration": str(EXPIRES), "X-Xet-Cas-Url": hub.storage}
    return json_reply(said, headers=headers)  # uploads read the one, downloads the other


def chunk(hub: Hub, request: Request, prefix: str, hash: str) -> Reply:
    """Whether another file has a chunk already: never, so all of a file comes."""
    _allowed(request, "read", "write")
    raise Refusal(404, "unknown chunk")


def put_xorb(hub: Hub, request: Request, prefix: str, hash: str) -> Reply:
    _allowed(request, "write")
    chunks_of(request.body)  # refused here if it is not one
    new = hub.xorbs.setdefault(hash, request.body) is request.body
    return json_reply({"was_inserted": new})


def put_shard(hub: Hub, request: Request, version: str) -> Reply:
    """Files made of chunks that are here: each becomes an object under its sha256, as if it had come by LFS."""
    _allowed(request, "write")
    for file in files_of(request.body):
        data = b"".join(chunk.data for term in file.terms for chunk in _chunks(hub, term))
        oid = hashlib.sha256(data).hexdigest()
        if oid != file.sha256:
            raise Refusal(400, f"a file of the shard has sha256 {oid}, not {file.sha256}")
        hub.objects[oid] = data
        hub.xet_files[file.hash] = file
    if version == "1":
        return json_reply({"result": 1})
    return Reply(b'{"type":"result","result":1}\n', 200, {"Content-Type": "application/x-ndjson"})


def reconstruction(hub: Hub, request: Request, version: str, hash: str) -> Reply:
    """Where the chunks of a file, or of the asked range of it, are."""
    _allowed(request, "read", "write")
    file = hub.xet_files.get(hash)
    if file is None:
        raise Refusal(404, "unknown file")
    first, last = _asked(request, sum(term.size for term in file.terms))
    terms, offset, place = list[Term](), 0, 0
    for term in file.terms:
        if place + term.size > first and place <= last:
            offset = offset if terms else first - place
            terms.append(term)
        place += term.size
    said, where = [], dict[str, list[dict[str, Any]]]()
    for term in terms:
        chunks = _chunks(hub, term)
        url = f"{hub.storage}/storage/xorbs/{term.xorb}?signature=test"
        of, sent = {"start": term.start, "end": term.end}, {"start": chunks[0].begin, "end": chunks[-1].end - 1}
        old, new = {"range": of, "url": url, "url_range": sent}, {"url": url, "ranges": [{"chunks": of, "bytes": sent}]}
        where.setdefault(term.xorb, []).append(old if version == "1" else new)
        said.append({"hash": term.xorb, "unpacked_length": term.size, "range": of})
    return json_reply({"offset_into_first_range": offset, "terms": said, "fetch_info" if version == "1" else "xorbs": where})


def get_xorb(hub: Hub, request: Request, hash: str) -> Reply:
    if hash not in hub.xorbs or "range" not in request.headers:
        raise Refusal(403, "no such xorb, or no range of it was asked for")
    return ranged(request, hub.xorbs[hash], {})


def link(hub: Hub, id: str, commit: str, file: File) -> dict[str, str]:
    """The headers that say that a file can be had by Xet; none of one that did not come by it."""
    found = next((known.hash for known in hub.xet_files.values() if known.sha256 == file.sha256), None)
    if found is None:
        return {}
    kind = "" if id.startswith("datasets/") else "models/"
    return {"X-Xet-Hash": found, "X-Xet-Refresh-Route": f"{hub.endpoint}/api/{kind}{id}/xet-read-token/{commit}"}


def _allowed(request: Request, *scopes: str) -> None:
    if request.headers.get("authorization") not in {f"Bearer xet_{scope}" for scope in scopes}:
        raise Refusal(401, "a token for the storage is needed: ask for a xet-token")


def _chunks(hub: Hub, term: Term) -> list[Chunk]:
    if term.xorb not in hub.xorbs:
        raise Refusal(400, f"xorb {term.xorb} was not uploaded")
    chunks = chunks_of(hub.xorbs[term.xorb])[term.start : term.end]
    if sum(len(chunk.data) for chunk in chunks) != term.size:
        raise Refusal(400, f"chunks {term.start} to {term.end} of xorb {term.xorb} are not {term.size} bytes")
    return chunks


def _asked(request: Request, size: int) -> tuple[int, int]:
    """First and last byte of a file that are wanted."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", f"bytes=0-{size - 1}"))
    if not match or int(match[1]) >= size:
        raise Refusal(416, f"the file has {size} bytes")
    return int(match[1]), min(size - 1, int(match[2] or size))
