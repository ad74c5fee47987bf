"""A drawing made by hand, as the guide of a model that was trained on edge maps."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.registry.names import one_line

MOST_PIXELS = 50_000_000
FAINTEST = 24.0  # of 255: less contrast than that is paper
INK = 1 / 3  # of the strongest contrast: what is above it is a line
FINE = 8  # steps per pixel of the guide in which a drawing is looked at, at most; and steps in all:
FINEST = 512


def read_drawing(path: Path, size: int, thin: bool = False) -> Tensor:
    """A PNG, JPEG, WebP or GIF file of any size -> (1, 1, size, size) of 0 and 1, the lines 1.

    Dark lines on a light ground, light ones on a dark ground (what most of the border shows is the ground), or lines of any
    colour on a transparent one. The drawing is padded to a square and reduced so that the thinnest line survives; of areas
    that are filled in, the outline is kept. `thin` makes lines one pixel wide, as thinned edge maps have them.

    Raises ZooError if the file is no such image, too large, or shows no lines.
    """
    lines = torch.from_numpy(_ink(path))[None, None].float()  # (1, 1, H, W)
    height, width = lines.shape[2:]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    lines = F.pad(lines, (left, side - width - left, top, side - height - top))
    if side > max(size, min(FINE * size, FINEST)):
        side = max(size, min(FINE * size, FINEST))
        lines = F.adaptive_max_pool2d(lines, side)
    reach = max(1, side // size)
    window = 2 * reach + 1
    paper = 1 - F.pad(lines, (reach,) * 4)
    near_paper = F.max_pool2d(F.max_pool2d(paper, (window, 1), 1), (1, window), 1)
    lines = lines * near_paper
    if thin:
        # Before the reduction, which would let thick lines close what lies between them, and after it.
        return _thinned(F.adaptive_max_pool2d(_thinned(lines), size))
    return F.adaptive_max_pool2d(lines, size)


def _thinned(lines: Tensor) -> Tensor:
    return torch.from_numpy(thinned(lines[0, 0].numpy() > 0))[None, None].float()


def _ink(path: Path) -> NDArray[np.bool_]:
    """(H, W): where there is a line."""
    colours = _pixels(path)
    luma: NDArray[np.float32] = colours[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    alpha = colours[..., 3] / np.float32(255)
    if np.median(_border(alpha)) < 0.5:  # on a transparent ground: as if on the paper that shows the lines best
        ground = 255.0 if (luma * alpha).sum() < 127.5 * alpha.sum() else 0.0
    else:
        ground = 255.0
    seen = luma * alpha + ground * (1 - alpha)
    ground = float(np.median(_border(seen)))
    contrast = ground - seen if ground >= 127.5 else seen - ground
    if contrast.max() < FAINTEST:
        raise ZooError(f"--guide {path} shows no lines; draw dark ones on a light ground, or light ones on a dark ground")
    return np.asarray(contrast > INK * contrast.max())


def _pixels(path: Path) -> NDArray[np.float32]:
    """(H, W, 4) from 0 to 255, straight alpha, upright."""
    wanted = "type the path of a PNG or JPEG file"
    try:
        with warnings.catch_warnings(), Image.open(path, formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            warnings.simplefilter("ignore")  # of Pillow, on odd files
            if image.width * image.height > MOST_PIXELS:
                raise ZooError(
                    f"--guide {path} has {image.width} x {image.height} pixels; make it smaller: 1000 x 1000 will do"
                )
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # grey of 16 bits, which Pillow clips
                grey = np.clip(np.asarray(upright, np.float32) / 257, 0, 255)
                return np.stack([grey, grey, grey, np.full_like(grey, 255)], -1)
            return np.asarray(upright.convert("RGBA"), np.float32)
    except FileNotFoundError:
        raise ZooError(f"--guide {path}: there is no such file; {wanted}") from None
    except UnidentifiedImageError:
        raise ZooError(f"--guide {path} is no picture that can be read; {wanted}") from None
    except ZooError:
        raise
    except Exception as error:  # decoders answer damaged bytes with many kinds of exception
        cause = one_line(str(error), 120)
        raise ZooError(f"--guide {path} cannot be read: {cause or type(error).__name__}; {wanted}") from None


def _border(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def thinned(lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) -> (H, W): lines one pixel wide in the middle of those given, with as many parts and holes as before.

    Pixels are taken away from the four sides in turn, one after the other, as long as none is an end or holds parts
    together (Hilditch 1969, "Linear skeletons from square cupboards").
    """
    inside = np.pad(lines, 1)
    # The eight neighbours in turn, from the right one; those at odd places touch at a corner.
    around = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
    changed = True
    while changed:
        changed = False
        for side in (2, 6, 0, 4):
            open_side = inside & ~np.roll(inside, (-around[side][0], -around[side][1]), (0, 1))
            for y, x in np.argwhere(open_side).tolist():
                near = [bool(inside[y + down, x + right]) for down, right in around]
                if sum(near) > 1 and _parts(near) == 1:
                    inside[y, x] = False
                    changed = True
    return inside[1:-1, 1:-1]


def _parts(near: list[bool]) -> int:
    """Into how many parts the neighbours fall, counted along the ring; 0 if a pixel is surrounded (Yokoi et al. 1975)."""
    ring = [*near, near[0]]
    return sum(not ring[k] and (ring[k + 1] or ring[k + 2]) for k in (0, 2, 4, 6))
