"""The fake Hub as an HTTP server."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from zoo_core.errors import ZooError
from zoo_testing.fake_hub.faults import Cut, Fault, Slow, Status
from zoo_testing.fake_hub.repository import File, Repository, kept_large
from zoo_testing.fake_hub.routes import answer
from zoo_testing.fake_hub.state import Hub, Refusal, Reply, Request

TOKEN = "hf_owner"


class FakeHub:
    """Serves on a free port of loopback between `with` and its end.

    endpoint   for HF_ENDPOINT or HfApi(endpoint=...).
    token      of the user `user`; `tokens` is token -> user, to which a test may add.
    requests   all that was asked so far, for tests of what was not.
    faults     what is to go wrong; `fail`, `cut` and `slow` add to it.
    part_size  bytes above which it asks for a large file in parts (LFS multipart), as the Hub does with very large ones.
    xet        whether large files come and go by Xet, as the Hub wants it of clients with the package hf_xet; needs lz4.
    """

    def __init__(self, user: str = "user", part_size: int | None = None, xet: bool = False) -> None:
        if xet and find_spec("lz4") is None:
            raise ZooError("FakeHub(xet=True) needs lz4: pip install lz4")
        self.user, self.token = user, TOKEN
        self.state = Hub(tokens={TOKEN: user}, part_size=part_size, xet=xet)
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.lock = threading.Lock()

    def __enter__(self) -> FakeHub:
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.hub = self
        port = self._server.server_port
        self.state.endpoint, self.state.storage = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        return self.state.endpoint

    @property
    def tokens(self) -> dict[str, str]:
        return self.state.tokens

    @property
    def repositories(self) -> dict[str, Repository]:
        return self.state.repositories

    def environment(self, home: Path, token: str | None = None) -> dict[str, str]:
        """Variables for a process whose client is to talk to this Hub, with its cache and settings under `home`."""
        said = {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_HUB_CACHE": str(home / "hub"),
            "HF_TOKEN_PATH": str(home / "token"),
            "HF_HUB_DISABLE_XET": "0" if self.state.xet else "1",  # a client that has it does not fall back to LFS
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        return said | ({} if token is None else {"HF_TOKEN": token})

    def add(
        self,
        id: str,
        files: Mapping[str, bytes | str | Path],
        *,
        private: bool = False,
        gated: bool = False,
        branch: str = "main",
        tag: str | None = None,
    ) -> str:
        """Commit files (content, or a path to it) without a client; makes the repository if need be. Returns the commit id.

        Names are taken as they are, so that a test can put there what no client would upload.
        """
        with self.lock:
            owner = id.partition("/")[0]
            repository = self.repositories.setdefault(id, Repository(id, owner, private, gated))
            repository.branches.setdefault(branch, repository.branches["main"])
            held = {path: _file(path, content) for path, content in files.items()}
            oid = repository.commit(held, "added by a test", branch=branch).oid
            if tag:
                repository.tags[tag] = oid
            return oid

    def files(self, id: str, revision: str = "main") -> dict[str, bytes]:
        """What a repository holds. Raises KeyError for an unknown repository or revision."""
        with self.lock:
            commit = self.repositories[id].resolve(revision)
            if commit is None:
                raise KeyError(revision)
            return {path: file.data for path, file in commit.files.items()}

    def asked(self, match: str) -> list[Request]:
        """The requests whose "METHOD /path" the regular expression finds."""
        return [request for request in self.requests if re.search(match, f"{request.method} {request.path}")]

    def fail(self, match: str, status: int = 503, times: int = 1, code: str = "", **headers: str) -> None:
        """Answer the next `times` requests (-1: all) that match "METHOD /path" with an error."""
        self.faults.append(Fault(match, Status(status, code=code, headers=headers), times))

    def cut(self, match: str, after: int = 0, times: int = 1) -> None:
        """Close the connection after that many bytes of the body; -1: before anything is answered."""
        self.faults.append(Fault(match, Cut(after), times))

    def slow(self, match: str, seconds: float, times: int = 1) -> None:
        self.faults.append(Fault(match, Slow(seconds), times))


def _file(path: str, content: bytes | str | Path) -> File:
    data = content.read_bytes() if isinstance(content, Path) else content.encode() if isinstance(content, str) else content
    return File(data, kept_large(path, len(data), data[:512]))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: FakeHub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that does not wait for its answer, as one that was told to be slow makes it do."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds without a word, so that no thread outlives a test run
    server: _Server

    def _serve(self) -> None:
        hub = self.server.hub
        parts = urlsplit(self.path)
        name = f"{self.command} {parts.path}"
        with hub.lock:
            effects = [fault.effect for fault in hub.faults if fault.strikes(name)]
        cut = next((effect.after for effect in effects if isinstance(effect, Cut)), None)
        if cut == -1:
            self.close_connection = True
            return
        for effect in effects:
            if isinstance(effect, Slow):
                time.sleep(effect.seconds)
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(self.command, parts.path, parse_qs(parts.query), headers, self._body(headers))
        with hub.lock:
            hub.requests.append(request)
            self._send(_answered(hub, request, effects), cut)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, reply: Reply, cut: int | None) -> None:
        body = reply.body if cut is None else reply.body[:cut]
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        if cut is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: a test looks at `requests`."""


def _answered(hub: FakeHub, request: Request, effects: list[Status | Cut | Slow]) -> Reply:
    try:
        for effect in effects:
            if isinstance(effect, Status):
                raise Refusal(effect.status, effect.message, effect.code, **effect.headers)
        return answer(hub.state, request)
    except Refusal as refusal:
        said = {"X-Error-Message": refusal.message, "Content-Type": "application/json", **refusal.headers}
        if refusal.code:
            said["X-Error-Code"] = refusal.code
        return Reply(json.dumps({"error": refusal.message}).encode(), refusal.status, said)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        text = f"the fake Hub does not understand the request: {type(error).__name__} {error}"
        return Reply(json.dumps({"error": text}).encode(), 400, {"Content-Type": "application/json"})
