"""Choose artwork: which of the pictures that a title is offered stand beside its files."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.models.media import MediaKind
from queueapp.services import phase_config
from queueapp.services.library import libraries
from queueapp.services.title import media, offered_artwork, title_choices
from queueapp.services.title.title_acts import Asked
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("artwork", __name__, url_prefix="/media")

ORIGIN = "artwork page"
#: What kinds are called, many and one.
KINDS = {
    "poster": ("Posters", "poster"),
    "fanart": ("Fanart", "fanart image"),
    "banner": ("Banners", "banner"),
    "clearlogo": ("Logos", "logo"),
    "clearart": ("Clear art", "clear art"),
    "landscape": ("Landscapes", "landscape"),
    "discart": ("Discs", "disc"),
    "characterart": ("Character art", "character art"),
    "thumb": ("Stills", "still"),
}
PROVIDERS = {"tmdb": "TMDB", "fanarttv": "fanart.tv", "video": "from the video"}
#: As many of the others are shown at once; the rest is folded.
SHOWN_AT_ONCE = 12
MOST_CHOSEN = 50


@blueprint.get("/<id:media_id>/artwork")
@requires("viewer")
def choose(media_id: int) -> str:
    """The pictures a title is offered, by kind."""
    title = media.get_media(session(), media_id)
    phase = phase_config.read(session()).enrichment
    settings = runtime().settings
    return render_template(
        "media/artwork.html",
        title=title,
        library=libraries.get_library(session(), title.library_id),
        parents=[media.get_media(session(), title.show_id)] if title.show_id else [],
        offered=offered_artwork.offered(session(), media_id, phase, settings.data_dir),
        phase=phase,
        has_key=bool(settings.tmdb.api_key or settings.tmdb.access_token),
        kinds=KINDS,
        providers=PROVIDERS,
        at_once=SHOWN_AT_ONCE,
    )


@blueprint.post("/<id:media_id>/artwork/<kind>")
@requires("admin")
def choose_artwork(media_id: int, kind: str) -> Response:
    """Use the pictures that were ticked, or give the kind back to the ranking, and go to the task that does so."""
    if kind not in KINDS:
        abort(404)
    ranked = "ranked" in request.form
    ids = [] if ranked else _ticked()
    trouble = None if ranked else _trouble(kind, media.get_media(session(), media_id).kind, ids)
    if trouble:
        return _refused(media_id, kind, trouble)
    try:
        made = title_choices.use_artwork(runtime(), media_id, kind, ids, Asked(current_user.who, ORIGIN))
    except (errors.BadPayload, errors.Conflict, errors.WrongStatus, errors.TaskLimitReached) as error:
        return _refused(media_id, kind, error.message[:1].upper() + error.message[1:])
    add_detail(kind=kind, image_ids=list(ids))
    return redirect(url_for("pages.tasks.detail", task_id=made.task_id), 303)


def _ticked() -> Sequence[int]:
    """The pictures that were ticked, in the order of the page, the one that is to be first before the others."""
    ids = list(dict.fromkeys(request.form.getlist("image", type=int)))
    first = request.form.get("first", type=int)
    return sorted(ids, key=lambda one: one != first)


def _trouble(kind: str, of: MediaKind, ids: Sequence[int]) -> str | None:
    """Why a choice cannot be taken, for people."""
    if not ids:
        return "Choose at least one picture"
    most = MOST_CHOSEN if offered_artwork.may_be_several(kind, of) else 1
    if len(ids) > most:
        return f"Choose {most} at most" if most > 1 else f"It has one {KINDS[kind][1]} only"
    return None


def _refused(media_id: int, kind: str, reason: str) -> Response:
    flash(reason, "error")
    return redirect(url_for("pages.artwork.choose", media_id=media_id, _anchor=kind), 303)
