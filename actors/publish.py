"""Writes a title's NFO and artwork beside it, and of an episode also what its show needs."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from actors.path_payload import MediaPath
from queueapp import errors
from queueapp.execution.context import Context
from queueapp.media.files import Writer
from queueapp.media.image_cache import ImageCache
from queueapp.media.recycle import RecycleFolder
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.operations import operation
from queueapp.services.phase_config import PhaseConfig
from queueapp.services.rename import publish_journal
from queueapp.services.title import publication, published_files
from queueapp.services.title.media_places import file_to_work_on, title_of
from queueapp.services.title.publication import Loaded, Plan
from queueapp.services.title.published_files import Published


class Publish(BaseModel):
    """What a publish is given: a title, or the file of one."""

    model_config = ConfigDict(extra="forbid")

    media_id: int | None = Field(None, ge=1, description="The title whose NFO and artwork are written")
    path: MediaPath | None = Field(None, description="Or its video file")
    group: int | None = Field(None, ge=1, description="Titles of one group are written one after another")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.media_id is None) == (self.path is None):
            raise ValueError("give either media_id or path")
        return self


@operation(
    "publish",
    payload=Publish,
    phase="publish",
    timeout_seconds=900,
    isolated=True,
    concurrency_key=lambda payload: f"title {payload.group or payload.media_id or payload.path}",
)
def perform(payload: Publish, context: Context) -> dict[str, Any]:
    """Write the NFO and artwork of a title beside its video, unless they stand there already."""
    loaded = _load(context, payload.media_id or _title_at(context, payload.path or ""))
    plan, done = _publish(context, loaded)
    result = done.report(plan.notes)
    if loaded.media.kind is MediaKind.EPISODE and loaded.show is not None:
        result |= _publish_show(context, loaded.show)
    return result


def _title_at(context: Context, path: str) -> int:
    with context.transaction() as session:
        title = title_of(session, file_to_work_on(session, context.settings, path))
    if title is None:
        raise errors.Skip("it is the video of no title in a library", reason="no_title")
    return title.id


def _load(context: Context, media_id: int) -> Loaded:
    with context.transaction() as session:
        loaded = publication.load(session, media_id)
    if loaded is None or loaded.media.status is MediaStatus.GONE:
        raise errors.Skip("the title is not in the library any more")
    if loaded.media.kind is MediaKind.SEASON:
        raise errors.Skip("a season is published with its show")
    return loaded


def _publish_show(context: Context, show: Media) -> dict[str, Any]:
    """Once per show and change: the other episodes find it done."""
    with context.transaction() as session:
        if not publication.is_due(session, show):
            return {}
    plan, done = _publish(context, _load(context, show.id))
    return {"show": done.report(plan.notes)}


def _publish(context: Context, loaded: Loaded) -> tuple[Plan, Published]:
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).publish
    plan = publication.plan(loaded, phase, ImageCache.of(context.settings.data_dir))
    if context.dry_run:
        done = published_files.foresee(plan)
    else:
        recycle = RecycleFolder.of(context.settings.data_dir)
        writer = Writer(recycle, context.confirm_claim, context.task_id)
        entry = publish_journal.begin(context, plan)
        done = published_files.put_in_place(plan, writer, context.progress)
        with context.transaction() as session:
            published_files.record(session, plan, done, context.task_id)
            publish_journal.finish(session, entry, done, writer)
    _tell(context, loaded.media, plan, done)
    return plan, done


def _tell(context: Context, media: Media, plan: Plan, done: Published) -> None:
    wrote, removed = ("Would write", "Would remove") if context.dry_run else ("Wrote", "Removed")
    for path in done.written:
        context.log(f"{wrote} {path}")
    for path in done.removed:
        context.log(f"{removed} {path}, which is no longer wanted")
    for path in done.kept:
        context.log(f"Left {path} alone: it is not ours")
    for note in plan.notes:
        context.log(note, level="warning")
    if not done.has_changed:
        context.log(f"{media.title}: {len(done.unchanged)} files stand as they should")
