"""The pictures of titles: those in the image cache, whole or small, and previews of those that are only offered."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response

from queueapp.media.artwork import ArtKind
from queueapp.media.artwork_names import EXTENSIONS
from queueapp.media.image_cache import ImageCache
from queueapp.models.image import Image
from queueapp.services.title.previews import Wanted, previews_of, small_of
from webui.context import runtime
from webui.pages import placeholders
from webui.pages.reading import session
from webui.security import requires

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
    return _send(_cached(sha256))


@requires("viewer")
def small(sha256: str) -> Response:
    """A picture scaled down for lists; as it is when it cannot be."""
    path = _cached(sha256)
    return _send(small_of(runtime().settings.data_dir, path) or path)


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
    return _send(path, max_age=DAY_SECONDS)


def _cached(sha256: str) -> Path:
    content_type = session().scalar(sa.select(Image.content_type).where(Image.sha256 == sha256).limit(1))
    if content_type is None:
        abort(404)
    path = ImageCache.of(runtime().settings.data_dir).path(sha256, content_type)
    if not path.is_file():
        abort(404)
    return path


def _send(path: Path, max_age: int = YEAR_SECONDS) -> Response:
    content_type = next(name for name, extension in EXTENSIONS.items() if extension == path.suffix)
    # What is named by its content never changes; private, for who may see it is decided here.
    response = send_file(path, mimetype=content_type, max_age=max_age)
    response.cache_control.private, response.cache_control.public = True, None
    response.cache_control.immutable = max_age == YEAR_SECONDS
    return response
