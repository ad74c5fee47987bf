"""A few pictures one after the other, in one file that repeats for ever."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = {".gif": "GIF", ".apng": "PNG"}


def animation(frames: Sequence[NDArray[np.uint8]], suffix: str, milliseconds: int) -> bytes:
    """(H, W, 3 or 4) uint8 pictures as a looping GIF or APNG file, each shown that many milliseconds.

    suffix  .gif, which has 256 colours for each picture and pixels that are transparent or not; .apng, which has all.

    The same pictures give the same bytes. Raises ValueError for no pictures and for other suffixes.
    """
    from PIL import Image

    if not frames or suffix not in FORMATS:
        raise ValueError(f"an animation needs pictures and one of {', '.join(FORMATS)}, not {len(frames)} and {suffix}")
    first, *rest = [Image.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    # disposal 2 (GIF) and 1 (APNG) clear a picture before the next one, which else would show through its transparent pixels.
    more = {"disposal": 2, "optimize": False} if suffix == ".gif" else {"disposal": 1, "blend": 0, "default_image": False}
    first.save(file, FORMATS[suffix], save_all=True, append_images=rest, duration=milliseconds, loop=0, **more)
    return file.getvalue()
