"""Which function answers which request."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from zoo_testing.fake_hub import large, reading, writing, xet
from zoo_testing.fake_hub.state import Hub, Refusal, Reply, Request, user_of

STORAGE = re.compile("/storage/|/v[12]/")  # has tokens of its own, or signatures


def answer(hub: Hub, request: Request) -> Reply:
    """Raises Refusal for what the Hub refuses."""
    if "authorization" in request.headers and not STORAGE.match(request.path):
        user_of(hub, request)  # a token that is wrong is refused even where none is needed
    known = False
    for method, pattern, function in ROUTES:
        if match := pattern.fullmatch(request.path):
            known = True
            if method == request.method or (method == "GET" and request.method == "HEAD"):
                return function(hub, request, *map(unquote, match.groups(default="")))
    raise Refusal(405 if known else 404, f"the fake Hub does not know {request.method} {request.path}")


def _routes() -> list[tuple[str, re.Pattern[str], Callable[..., Reply]]]:
    # Repositories of datasets are kept as datasets/USER/NAME.
    api, id = "/api/(?:models/|(?=datasets/))((?:datasets/)?[^/]+/[^/]+)", "/((?:datasets/)?[^/]+/[^/]+)"
    table: list[tuple[str, str, Callable[..., Reply]]] = [
        ("GET", "/api/whoami-v2", reading.whoami),
        ("POST", "/api/validate-yaml", reading.validate_yaml),
        ("POST", "/api/repos/create", writing.create),
        ("DELETE", "/api/repos/delete", writing.delete),
        ("PUT", f"{api}/settings", writing.settings),
        ("GET", f"{api}/auth-check(/write)?", reading.auth_check),
        ("GET", f"{api}(?:/revision/([^/]+))?", reading.info),
        ("GET", f"{api}/tree/([^/]+)(?:/(.+))?", reading.tree),
        ("POST", f"{api}/paths-info/([^/]+)", reading.paths_info),
        ("GET", f"{api}/refs", reading.refs),
        ("GET", f"{api}/commits/([^/]+)", reading.commits),
        ("POST", f"{api}/branch/([^/]+)", writing.make_branch),
        ("DELETE", f"{api}/branch/([^/]+)", writing.drop_branch),
        ("POST", f"{api}/tag/([^/]+)", writing.make_tag),
        ("DELETE", f"{api}/tag/([^/]+)", writing.drop_tag),
        ("POST", f"{api}/preupload/([^/]+)", writing.preupload),
        ("POST", f"{api}/commit/([^/]+)", writing.commit),
        ("POST", rf"{id}\.git/info/lfs/objects/batch", large.batch),
        ("POST", rf"{id}\.git/info/lfs/objects/verify", large.verify),
        ("PUT", "/storage/([0-9a-f]{64})", large.put_object),
        ("PUT", "/storage/([0-9a-f]{64}-[0-9]+)/([0-9]+)", large.put_part),
        ("POST", "/api/complete_multipart/([0-9a-f]{64}-[0-9]+)", large.complete),
        ("GET", "/storage/([0-9a-f]{64})", reading.get_object),
        ("GET", "/storage/xorbs/([0-9a-f]{64})", xet.get_xorb),
        ("GET", f"{api}/xet-(read|write)-token/([^/]+)", xet.token),
        ("GET", "/v1/chunks/([^/]+)/([0-9a-f]{64})", xet.chunk),
        ("POST", "/v1/xorbs/([^/]+)/([0-9a-f]{64})", xet.put_xorb),
        ("POST", "/v([12])/shards", xet.put_shard),
        ("GET", "/v([12])/reconstructions/([0-9a-f]{64})", xet.reconstruction),
        ("GET", f"{id}/resolve/([^/]+)/(.+)", reading.resolve),
    ]
    return [(method, re.compile(pattern), function) for method, pattern, function in table]


ROUTES = _routes()
