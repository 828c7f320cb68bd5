"""Check that bytes are a picture a player can show."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

#: Larger pictures are refused: a decompression bomb, or nothing a player can show.
MAX_PIXELS = 100_000_000
#: What is shrunk while somebody waits is smaller.
MAX_SHRUNK_PIXELS = 25_000_000
MAX_BYTES = 40 * 1024 * 1024
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_QUALITY = 92
_SMALL_QUALITY = 82


class NotAPicture(ValueError):
    """The bytes cannot be shown; the message says why."""


@dataclass(frozen=True)
class Checked:
    """A picture that Kodi and Jellyfin show: JPEG or PNG, sizes in pixels."""

    content: bytes
    content_type: str
    width: int
    height: int
    sha256: str


def check(content: bytes) -> Checked:
    """Decode the whole picture; WebP, GIF and others are turned into JPEG or, with transparency, PNG.

    Raises NotAPicture for anything damaged, oversized or of another format.
    """
    if len(content) > MAX_BYTES:
        raise NotAPicture(f"{len(content)} bytes are more than {MAX_BYTES}")
    with _opened(content, MAX_PIXELS) as picture:
        picture.load()
        return _as_shown(picture, content)


def shrink(content: bytes, width: int) -> tuple[bytes, str]:
    """The picture at most so many pixels wide, and its type: JPEG or, with transparency, PNG.

    Raises NotAPicture for anything damaged, oversized or of another format.
    """
    with _opened(content, MAX_SHRUNK_PIXELS) as picture:
        picture.thumbnail((width, 4 * width))
        return _converted(picture, _SMALL_QUALITY)


@contextmanager
def _opened(content: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """A picture to decode; what goes wrong at that is raised as NotAPicture."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > max_pixels:
                raise NotAPicture(f"{picture.width} × {picture.height} pixels are too many")
            yield picture
    except NotAPicture:
        raise
    except UnidentifiedImageError:
        raise NotAPicture("it is no picture") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NotAPicture(f"it is damaged: {error}") from None


def _as_shown(picture: Image.Image, content: bytes) -> Checked:
    content_type = _TYPES.get(picture.format or "")
    if content_type is None:
        content, content_type = _converted(picture)
    return Checked(content, content_type, picture.width, picture.height, hashlib.sha256(content).hexdigest())


def _converted(picture: Image.Image, quality: int = _QUALITY) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture.convert("RGBA").save(buffer, "PNG")
        return buffer.getvalue(), "image/png"
    picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue(), "image/jpeg"
