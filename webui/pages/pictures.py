"""The pictures of titles, out of the image cache; small ones are made at first asking and kept beside it."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, abort, send_file
from PIL import Image as Picture
from PIL import UnidentifiedImageError
from werkzeug.wrappers import Response

from queueapp.media.image_cache import ImageCache
from queueapp.models.image import Image
from webui.context import runtime
from webui.pages.reading import session
from webui.security import requires

#: Pixels; enough for a poster in the grid on a dense screen.
SMALL_WIDTH = 360
YEAR_SECONDS = 365 * 24 * 3600


def add_routes(blueprint: Blueprint) -> None:
    """Serve pictures below the titles."""
    blueprint.add_url_rule("/pictures/<sha256>", view_func=picture)
    blueprint.add_url_rule("/pictures/<sha256>/small", view_func=small)


@requires("viewer")
def picture(sha256: str) -> Response:
    """A picture as it was fetched."""
    path, content_type = _cached(sha256)
    return _send(path, content_type)


@requires("viewer")
def small(sha256: str) -> Response:
    """A picture scaled down for lists; as it is when it cannot be."""
    path, content_type = _cached(sha256)
    scaled = runtime().settings.data_dir / "cache" / "small" / sha256[:2] / f"{sha256}-{SMALL_WIDTH}.jpg"
    if not scaled.is_file() and not _scale(path, scaled):
        return _send(path, content_type)
    return _send(scaled, "image/jpeg")


def _cached(sha256: str) -> tuple[Path, str]:
    content_type = session().scalar(sa.select(Image.content_type).where(Image.sha256 == sha256).limit(1))
    if content_type is None:
        abort(404)
    path = ImageCache.of(runtime().settings.data_dir).path(sha256, content_type)
    if not path.is_file():
        abort(404)
    return path, content_type


def _send(path: Path, content_type: str) -> Response:
    # Named by its content, so it never changes; private, for who may see it is decided here.
    response = send_file(path, mimetype=content_type, max_age=YEAR_SECONDS)
    response.cache_control.private, response.cache_control.public = True, None
    response.cache_control.immutable = True
    return response


def _scale(path: Path, scaled: Path) -> bool:
    """Write the small picture, whole or not at all; False when there is nothing to gain or to decode."""
    try:
        with Picture.open(path) as opened:
            if opened.width <= SMALL_WIDTH or opened.mode in ("RGBA", "LA", "P"):
                return False
            opened.thumbnail((SMALL_WIDTH, 4 * SMALL_WIDTH))
            encoded = io.BytesIO()
            opened.convert("RGB").save(encoded, "JPEG", quality=82, progressive=True)
        scaled.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=scaled.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(encoded.getvalue())
        Path(name).replace(scaled)
    except (OSError, UnidentifiedImageError, Picture.DecompressionBombError):
        return False
    return True
