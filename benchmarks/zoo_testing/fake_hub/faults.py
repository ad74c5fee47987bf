"""What a connection to the fake Hub can be told to suffer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Status:
    """Answer with this HTTP status. `code` becomes the header X-Error-Code, by which the client tells errors apart."""

    status: int
    message: str = "asked for by a test"
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """Close the connection after that many bytes of the answer's body; -1: before any answer, the request unread."""

    after: int = 0


@dataclass(frozen=True)
class Slow:
    """Wait that many seconds, then answer as usual."""

    seconds: float


@dataclass
class Fault:
    """Happens to the next `times` requests (-1: to all) whose "METHOD /path" the regular expression `match` finds."""

    match: str
    effect: Status | Cut | Slow
    times: int = 1

    def strikes(self, request: str) -> bool:
        """Whether it happens to this request; counts it if so."""
        if self.times == 0 or not re.search(self.match, request):
            return False
        self.times -= self.times > 0
        return True
