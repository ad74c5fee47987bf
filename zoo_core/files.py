"""Files that are either whole or absent: written beside their place, synced, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoo_core.errors import RunFailure


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a temporary file beside `path`, then put it in place. Raises RunFailure if the disk refuses."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise RunFailure(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_bytes(path: Path, data: bytes) -> None:
    write_atomically(path, lambda temporary: _write(temporary, data))


def write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    if not writable(text):  # the name of a file that is not UTF-8, say: escapes keep it as it is
        text = json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)
    write_bytes(path, (text + "\n").encode())


def writable(text: str) -> bool:
    """Whether a text can be written as UTF-8. Names of files that are not, as Python reads them, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its rename is durable enough
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
