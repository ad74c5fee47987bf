"""One process per run folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zoo_core.errors import RunFailure, ZooError

try:
    import fcntl
except ImportError:  # Windows: the pid in the file is all there is
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run folder. Raises ZooError naming the owner's pid if another process holds it.

    The lock is the kernel's, so that it ends with its process, however that ends; the pid in the file is for the message.
    """
    path = folder / ".lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunFailure(f"cannot write {path}: {error.strerror}") from error
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                owner = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
                raise ZooError(f"{folder} is in use by process {owner}; wait for it, or type --out with another name") from None
        with suppress(OSError):  # a full disk costs only the message
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def holder(folder: Path) -> str:
    """The pid of the process that holds a run folder, as text; "" if none does, or none that this machine knows of."""
    try:
        handle = os.open(folder / ".lock", os.O_RDONLY)
    except OSError:
        return ""
    try:
        if fcntl is None:
            return ""
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return ""
    except OSError:
        return os.read(handle, 32).decode(errors="replace").strip() or "unknown"
    finally:
        os.close(handle)
