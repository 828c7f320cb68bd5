"""The pictures of titles: those in the image cache, whole or small, and previews of those that are only offered."""

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

from queueapp.media.artwork import ArtKind
from queueapp.media.artwork_names import EXTENSIONS
from queueapp.media.image_cache import ImageCache
from queueapp.models.image import Image
from queueapp.services.title.previews import Wanted, previews_of
from webui.context import runtime
from webui.pages import placeholders
from webui.pages.reading import session
from webui.security import requires

#: Pixels; enough for a poster in the grid on a dense screen.
SMALL_WIDTH = 360
DAY_SECONDS = 24 * 3600
YEAR_SECONDS = 365 * DAY_SECONDS


def add_routes(blueprint: Blueprint) -> None:
    """Serve pictures below the titles."""
    blueprint.add_url_rule("/pictures/<sha256>", view_func=picture)
    blueprint.add_url_rule("/pictures/<sha256>/small", view_func=small)
    blueprint.add_url_rule("/pictures/offered/<id:image_id>", view_func=offered)


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


@requires("viewer")
def offered(image_id: int) -> Response:
    """A small preview of a picture that a title is offered; a drawn frame with its size while there is none."""
    # No session of the database is held while the provider is waited for.
    with runtime().transaction() as own:
        image = own.get(Image, image_id)
    if image is None or image.kind == ArtKind.ACTOR:
        abort(404)
    path = previews_of(runtime().settings.data_dir).get(Wanted(image.provider, image.kind, image.url))
    if path is None:
        # Not to be kept: the next time it may be there.
        return Response(placeholders.frame(image.width, image.height), mimetype="image/svg+xml")
    content_type = next(name for name, extension in EXTENSIONS.items() if extension == path.suffix)
    return _send(path, content_type, max_age=DAY_SECONDS)


def _cached(sha256: str) -> tuple[Path, str]:
    content_type = session().scalar(sa.select(Image.content_type).where(Image.sha256 == sha256).limit(1))
    if content_type is None:
        abort(404)
    path = ImageCache.of(runtime().settings.data_dir).path(sha256, content_type)
    if not path.is_file():
        abort(404)
    return path, content_type


def _send(path: Path, content_type: str, max_age: int = YEAR_SECONDS) -> Response:
    # What is named by its content never changes; private, for who may see it is decided here.
    response = send_file(path, mimetype=content_type, max_age=max_age)
    response.cache_control.private, response.cache_control.public = True, None
    response.cache_control.immutable = max_age == YEAR_SECONDS
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
