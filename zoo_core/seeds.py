"""Seeds as a function of what they are for, so that nothing has to be replayed or stored to go on from the middle."""

from __future__ import annotations

import hashlib


def mix(seed: int, *purpose: int | str) -> int:
    """A 63-bit seed from a run's seed and the place where randomness is needed, for example mix(0, "draw", 12, 0)."""
    digest = hashlib.blake2b(repr((seed, *purpose)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
