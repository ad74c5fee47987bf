"""Safe decoding of one image file: anything goes in, a plain RGB or premultiplied RGBA image or a reason comes out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from zoo_core.registry.names import one_line

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
SMALLEST = 8  # pixels a side
MOST_BYTES = 256 * 2**20  # of one file: decoders read whole chunks of it into memory

_TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Unusable(Exception):
    """Why a file cannot be used, in one line."""


def decode(path: Path, max_pixels: int, draft: int = 0) -> Image.Image:
    """The first frame of an image file, upright, of mode "RGB" (opaque) or "RGBa" (premultiplied alpha).

    Memory is bounded by `max_pixels`, compared with the size in the header before anything is decoded. With `draft` above 0
    a JPEG may be decoded at a half, quarter or eighth of its size, as long as its longer side stays at or above `draft`.
    Raises Unusable for files that are damaged, truncated, too large, below 8 pixels a side, or show nothing at all.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise Unusable("empty file")
        if size > MOST_BYTES:
            raise Unusable(f"file of {size / 2**20:.0f} MiB, more than {MOST_BYTES / 2**20:.0f}")
        with Image.open(path, formats=FORMATS) as image:
            _check_size(image.size, max_pixels)
            turn = _orientation(image)
            if draft:
                scale = draft / max(image.size)
                image.draft("", (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
            image.load()
            _check_size(image.size, max_pixels)
            plain = _plain(image)
        return plain.transpose(turn) if turn is not None else plain
    except Unusable:
        raise
    except FileNotFoundError:
        raise Unusable("vanished since the folder was listed") from None
    except UnidentifiedImageError:
        raise Unusable("not a PNG, JPEG, WebP or GIF image, or its header is damaged") from None
    except Image.DecompressionBombError:
        raise Unusable(f"more than {max_pixels} pixels") from None
    except MemoryError:
        raise Unusable("not enough memory to decode it") from None
    except Exception as error:  # decoders answer hostile bytes with many kinds of exception
        raise Unusable(f"truncated or damaged: {one_line(str(error), 120)}") from None


def fingerprint(image: Image.Image) -> bytes:
    """Equal for images of equal pixels, whatever file format they came from."""
    digest = hashlib.blake2b(f"{image.mode} {image.size}".encode(), digest_size=16)
    rows = max(1, 2**20 // image.width)  # in strips, so that a large image is not held twice
    for top in range(0, image.height, rows):
        digest.update(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
    return digest.digest()


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise Unusable(f"{width} x {height} pixels, more than max_pixels={max_pixels}")
    if min(size) < SMALLEST:
        raise Unusable(f"{width} x {height} pixels, below {SMALLEST} a side")


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURN.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return None


def _plain(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        image = _from_grey16(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    see_through = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(see_through, tuple) and max(see_through) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in see_through)  # a 16-bit key of pixels cut to 8 bits
    image = image.convert("RGBA")
    low, high = image.getchannel("A").getextrema()
    if high == 0:
        raise Unusable("nothing to see: every pixel is transparent")
    return image.convert("RGB" if low == 255 else "RGBa")


def _from_grey16(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, which Pillow's own conversions clip or cut, as "LA" of 8 bits."""
    values = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
    see_through = image.info.get("transparency")
    alpha = np.full(values.shape, 255, np.uint8)
    if isinstance(see_through, int):
        alpha[values == see_through] = 0
    grey = ((values * 255 + 32767) // 65535).astype(np.uint8)
    return Image.merge("LA", (Image.fromarray(grey), Image.fromarray(alpha)))
