"""Media: the titles of all libraries, and one title with what is known and was written of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, request

from queueapp.ledger import reads
from queueapp.media import paths
from queueapp.models.media import MediaKind
from queueapp.services.library import libraries
from queueapp.services.title import expected_views, media
from queueapp.services.title.expected_views import ExpectedPage
from queueapp.services.title.media_views import MediaDetail
from webui.pages import pictures
from webui.pages.media_query import EXPECTED, KINDS, LIMIT, MediaQuery
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("media", __name__, url_prefix="/media")
pictures.add_routes(blueprint)

#: An NFO file is shown up to here.
NFO_BYTES = 256 * 1024


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """The titles, as posters or as a list."""
    query = MediaQuery.read(request.args)
    expected = _expected(query) if query.state == EXPECTED else None
    page = expected or media.list_media(
        session(), query.filter(), limit=LIMIT, offset=query.offset, order_by=query.order
    )
    known = libraries.list_libraries(session())
    return render_template(
        "media/index.html",
        query=query,
        page=page,
        expected=expected,
        libraries=known,
        library=next((each for each in known if each.id == query.library), None),
    )


def _expected(query: MediaQuery) -> ExpectedPage:
    return expected_views.list_expected(
        session(), q=query.q, kinds=KINDS[query.kind][1], limit=LIMIT, offset=query.offset
    )


@blueprint.get("/<id:media_id>")
@requires("viewer")
def detail(media_id: int) -> str:
    """One title."""
    title = media.get_media(session(), media_id)
    return render_template(
        "media/detail.html",
        title=title,
        library=libraries.get_library(session(), title.library_id),
        parents=_parents(title),
        episodes=_episodes(title),
        nfo=_nfo(title),
        art=[image for image in title.images if image.selected and image.sha256 and image.kind != "actor"],
        offers_art=sum(image.kind != "actor" for image in title.images),
        tasks={task.id: task for task in reads.get_tasks(session(), _task_ids(title))},
    )


def _parents(title: MediaDetail) -> list[MediaDetail]:
    """The show of a season or an episode."""
    return [media.get_media(session(), title.show_id)] if title.show_id else []


def _episodes(title: MediaDetail) -> list[tuple[Any, list[Any]]]:
    """The seasons of a show, or a season itself, each with its episodes."""
    if title.kind is MediaKind.SEASON:
        return [(title, title.children)]
    if title.kind is not MediaKind.SHOW:
        return []
    return [(season, media.get_media(session(), season.id).children) for season in title.children]


def _task_ids(title: MediaDetail) -> list[int]:
    return [phase.task_id for phase in title.history if phase.task_id]


def _nfo(title: MediaDetail) -> tuple[str, str] | None:
    """Path and text of the NFO that was written for a title, as it is on disk now."""
    for path in title.published_files:
        if path.endswith(".nfo"):
            try:
                with Path(paths.on_disk(path)).open("rb") as file:
                    return path, file.read(NFO_BYTES).decode("utf-8", "replace")
            except OSError:
                continue
    return None
