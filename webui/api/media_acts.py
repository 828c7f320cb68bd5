"""/api/media/{id}/…: what can be done with a title, and what a person decides about it."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from pydantic import BaseModel, Field

from queueapp.models.image import ChosenBy
from queueapp.models.media import MatchState
from queueapp.services.enqueue import Created
from queueapp.services.rename import acts as rename_acts
from queueapp.services.title import media, title_acts, title_choices
from queueapp.services.title.media_views import ImageView, MediaDetail
from queueapp.services.title.title_acts import Asked
from webui.api.media import MediaPath
from webui.api.resource import Body, Id, OptionalBody, Resource, answer
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.security import current_user, requires

api = Resource("media_acts", "Acts on titles.", prefix="/api/media", tag_name="media")

#: Ids of TMDB are 31 bits wide.
MAX_TMDB_ID = 2**31 - 1


class ActBody(OptionalBody):
    """How to do it."""

    dry_run: bool = Field(default=False, description="Report the plan, change nothing")


class RenameBody(ActBody):
    """How to rename."""

    template: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Folders and name, like {title} ({year})/{title} ({year}).{ext}; left out: as configured",
    )
    force: bool = Field(
        default=False, description="Also what Radarr or Sonarr manages; they are told to rescan"
    )


class StartedAct(BaseModel):
    """The task that does it."""

    task_id: int
    created: bool = Field(description="False when the same was not finished yet: this is it")


class OfferedImage(ImageView):
    """A picture that is offered, and who chose it."""

    selected_by: ChosenBy | None


class Candidates(BaseModel):
    """What a title might be, and what it might look like."""

    match_state: MatchState
    match_score: float | None
    tmdb_id: int | None
    matches: list[dict[str, Any]] = Field(description="Titles of the provider that it might be, best first")
    artwork: dict[str, list[OfferedImage]] = Field(description="Pictures by kind, those in use first")


class MatchBody(Body):
    """Which title it is."""

    tmdb_id: int | None = Field(ge=1, le=MAX_TMDB_ID, description="null: find out again by the names")


class ArtworkBody(Body):
    """Which pictures of a kind to use."""

    kind: str = Field(
        pattern=r"^(poster|fanart|banner|clearlogo|clearart|landscape|discart|characterart|thumb)$"
    )
    image_ids: list[Id] = Field(
        max_length=50, description="In this order; []: let them be chosen by rank again"
    )


class LocksBody(Body):
    """Which facts stay as they are."""

    locked_fields: list[str] = Field(max_length=50, description="Fields of the title's metadata")


@api.post("/<id:media_id>/refresh", responses={202: StartedAct})
@requires("admin")
def refresh(path: MediaPath, body: ActBody) -> Response:
    """Describe a title anew, with what is below it, publish it and tell the players."""
    return _started(title_acts.refresh(runtime(), path.media_id, _asked(body.dry_run)))


@api.post("/<id:media_id>/publish", responses={202: StartedAct})
@requires("admin")
def publish(path: MediaPath, body: ActBody) -> Response:
    """Write NFO and artwork of a title, and of what is below it, where they differ, and tell the players."""
    return _started(title_acts.publish(runtime(), path.media_id, _asked(body.dry_run)))


@api.post("/<id:media_id>/rename", responses={202: StartedAct})
@requires("admin")
def rename(path: MediaPath, body: RenameBody) -> Response:
    """Rename files and folders of a title by a template, with what is below it; a dry run gives the plan.

    409 for what Radarr or Sonarr manages, unless forced. What was done can be taken back:
    POST /api/queues/{id}/revert.
    """
    made = rename_acts.rename(runtime(), path.media_id, _asked(body.dry_run), body.template, force=body.force)
    add_detail(task_id=made.task_id, force=body.force, dry_run=body.dry_run)
    return _started(made)


@api.get("/<id:media_id>/candidates", responses={200: Candidates})
@requires("viewer")
def candidates(path: MediaPath) -> Response:
    """Read which titles of the provider it might be, and the pictures it is offered."""
    with runtime().transaction() as session:
        title = media.get_media(session, path.media_id)
        images = title_choices.candidate_artwork(session, path.media_id)
        artwork = {
            kind: [OfferedImage.model_validate(one, from_attributes=True) for one in each]
            for kind, each in images.items()
        }
    found = Candidates(
        match_state=title.match_state,
        match_score=title.match_score,
        tmdb_id=title.tmdb_id,
        matches=title.match_candidates,
        artwork=artwork,
    )
    return answer(found)


@api.put("/<id:media_id>/match", responses={202: StartedAct})
@requires("admin")
def choose_match(path: MediaPath, body: MatchBody) -> Response:
    """Say which title of TMDB it is; it is described and published as that one."""
    with runtime().transaction() as session:
        title_choices.choose_match(session, path.media_id, body.tmdb_id)
    add_detail(tmdb_id=body.tmdb_id)
    return _started(title_acts.refresh(runtime(), path.media_id, _asked(), again=True))


@api.put("/<id:media_id>/artwork", responses={202: StartedAct})
@requires("admin")
def choose_artwork(path: MediaPath, body: ArtworkBody) -> Response:
    """Choose pictures by hand; they are fetched if need be, and published."""
    ids = list(dict.fromkeys(body.image_ids))
    made = title_choices.use_artwork(runtime(), path.media_id, body.kind, ids, _asked())
    add_detail(kind=body.kind, image_ids=ids)
    return _started(made)


@api.put("/<id:media_id>/locks", responses={200: MediaDetail})
@requires("admin")
def set_locks(path: MediaPath, body: LocksBody) -> Response:
    """Lock just these facts: enrichment leaves them as they are."""
    with runtime().transaction() as session:
        title_choices.set_locks(session, path.media_id, body.locked_fields)
        title = media.get_media(session, path.media_id)
    add_detail(locked_fields=title.locked_fields)
    return answer(title)


def _asked(dry_run: bool = False) -> Asked:
    return Asked(current_user.who, "ui" if current_user.via == "session" else "api", dry_run)


def _started(made: Created) -> Response:
    location = f"{request.script_root}/api/queues/{made.task_id}"
    return answer(StartedAct(task_id=made.task_id, created=made.created), 202, {"Location": location})
