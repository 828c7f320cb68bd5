"""Check that bytes are a picture a player can show."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

#: Larger pictures are refused: a decompression bomb, or nothing a player can show.
MAX_PIXELS = 100_000_000
MAX_BYTES = 40 * 1024 * 1024
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_QUALITY = 92


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
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise NotAPicture(f"{picture.width} × {picture.height} pixels are too many")
            picture.load()
            return _as_shown(picture, content)
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


def _converted(picture: Image.Image) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture.convert("RGBA").save(buffer, "PNG")
        return buffer.getvalue(), "image/png"
    picture.convert("RGB").save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue(), "image/jpeg"
