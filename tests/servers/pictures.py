"""Real pictures made on the spot, as image servers send them."""

from __future__ import annotations

import hashlib
import io

from PIL import Image


def jpeg(width: int = 60, height: int = 90, seed: str = "") -> bytes:
    """A JPEG of one colour, which `seed` chooses."""
    return _encoded("JPEG", width, height, seed)


def png(width: int = 80, height: int = 31, seed: str = "") -> bytes:
    """A PNG of one colour, which `seed` chooses."""
    return _encoded("PNG", width, height, seed)


def _encoded(form: str, width: int, height: int, seed: str) -> bytes:
    red, green, blue = hashlib.sha256(seed.encode()).digest()[:3]
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (red, green, blue)).save(buffer, form)
    return buffer.getvalue()
