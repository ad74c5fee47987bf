"""What belongs to a folder: names that are read from files, and links, must not lead out of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

NAME = re.compile(r"[\w-][\w.-]*")
LONGEST = 255  # bytes of a file's name on most disks


def is_name(text: object) -> bool:
    """Whether a text out of a file is one component of a path, and no hidden one."""
    return isinstance(text, str) and bool(NAME.fullmatch(text)) and len(text.encode("utf-8", "replace")) <= LONGEST


def lies_in(folder: Path, path: Path) -> bool:
    """Whether `path` is `folder` or below it once all links are followed. It need not exist."""
    return path.resolve().is_relative_to(folder.resolve())


def remove(path: Path) -> None:
    """Remove a file or a folder with all that it holds. Of a link, neither it nor what it points to is removed."""
    if path.is_symlink():
        return
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
