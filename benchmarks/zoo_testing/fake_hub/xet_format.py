"""What Xet sends: chunks in xorbs, and shards that say which chunks make which file.

Source: huggingface.co/docs/xet, "Xorb Formation & Serialization Format", "MDB Shard File Format Specification" and, for hashes
as text, "CAS API Documentation".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ENTRY = 48  # bytes of the header, and of every entry
END = b"\xff" * 32
WITH_VERIFICATION, WITH_METADATA = 1 << 31, 1 << 30
VERSION = 0  # the first byte of every chunk's header, and not of a footer
COPIED, LZ4, GROUPED = 0, 1, 2  # how a chunk is compressed


@dataclass(frozen=True)
class Term:
    """Chunks `start` to before `end` of a xorb, `size` bytes in all."""

    xorb: str
    size: int
    start: int
    end: int


@dataclass(frozen=True)
class XetFile:
    hash: str
    sha256: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Chunk:
    """Where a chunk is in its xorb, header included, and what it holds."""

    begin: int
    end: int
    data: bytes


def text(hash: bytes) -> str:
    """A hash of 32 bytes as it stands in addresses: four numbers, least significant byte first."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", hash))


def files_of(shard: bytes) -> Iterator[XetFile]:
    """The files that a shard describes. Raises ValueError for what is not a shard."""
    entries = (shard[place : place + ENTRY] for place in range(ENTRY, len(shard), ENTRY))
    try:
        while (header := next(entries))[:32] != END:
            flags, count = struct.unpack("<II", header[32:40])
            terms = []
            for _ in range(count):
                entry = next(entries)
                size, start, end = struct.unpack("<4x3I", entry[32:])
                terms.append(Term(text(entry[:32]), size, start, end))
            for _ in range(count if flags & WITH_VERIFICATION else 0):
                next(entries)
            sha256 = text(next(entries)[:32]) if flags & WITH_METADATA else ""
            yield XetFile(text(header[:32]), sha256, tuple(terms))
    except (StopIteration, struct.error):
        raise ValueError("the shard ends too soon") from None


def chunks_of(xorb: bytes) -> list[Chunk]:
    """The chunks of a xorb in order, with or without the footer behind them. Raises ValueError for what is not a xorb."""
    found, place = [], 0
    while place < len(xorb) and xorb[place] == VERSION:
        header = xorb[place : place + 8]
        packed, scheme, size = int.from_bytes(header[1:4], "little"), header[4], int.from_bytes(header[5:8], "little")
        end = place + 8 + packed
        data = unpacked(xorb[place + 8 : end], scheme)
        if end > len(xorb) or len(data) != size:
            raise ValueError("a chunk of the xorb is not what its header says")
        found.append(Chunk(place, end, data))
        place = end
    return found


def unpacked(data: bytes, scheme: int) -> bytes:
    """A chunk before it was compressed. Raises ValueError for an unknown scheme and for what LZ4 did not make."""
    if scheme == COPIED:
        return data
    if scheme not in (LZ4, GROUPED):
        raise ValueError(f"compression {scheme} is unknown")
    import lz4.frame

    try:
        plain = bytes(lz4.frame.decompress(data))
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return plain if scheme == LZ4 else ungrouped(plain)


def ungrouped(data: bytes) -> bytes:
    """Every fourth byte, then every fourth from the second, third and last -> the bytes in order."""
    whole, place = bytearray(len(data)), 0
    for first in range(4):
        count = len(range(first, len(data), 4))
        whole[first::4] = data[place : place + count]
        place += count
    return bytes(whole)
