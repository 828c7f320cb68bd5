"""Reads what is inside a title's files: video, audio and subtitle streams."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from actors.path_payload import MediaPath
from queueapp.errors import Permanent, Skip
from queueapp.execution.context import Context, NewItem
from queueapp.media import paths
from queueapp.media.streams import NotPlayable, Streams
from queueapp.operations import operation
from queueapp.services.title import analysis, path_analysis


class Analyze(BaseModel):
    """What an analyze is given: a title, which is enriched next, or just a file."""

    model_config = ConfigDict(extra="forbid")

    media_id: int | None = Field(None, ge=1, description="The film or episode whose streams are read")
    path: MediaPath | None = Field(None, description="Or a video file, which is only looked into")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.media_id is None) == (self.path is None):
            raise ValueError("give either media_id or path")
        return self


def _title(payload: Analyze) -> str:
    return f"Analyze {paths.readable(paths.base_name(payload.path or '')) or f'title {payload.media_id}'}"


@operation(
    "analyze",
    payload=Analyze,
    phase="scan",
    timeout_seconds=600,
    isolated=True,
    title=_title,
)
def perform(payload: Analyze, context: Context) -> dict[str, Any]:
    """Read the streams of a film or episode, and have it enriched; or just those of a file."""
    if payload.media_id is None:
        return path_analysis.mediainfo(context, payload.path or "")
    with context.transaction() as session:
        title = analysis.load(session, payload.media_id)
    if title is None:
        raise Skip("the title is not in the library any more")
    streams = _read(context, title)
    if streams.truncated:
        context.warn(f"{title.label}: the file ends too early; it may not be fully copied")
    if not context.dry_run:
        with context.transaction() as session:
            analysis.keep(session, title, streams)
        context.add_items(
            [NewItem("enrich", {"media_id": title.media_id}, title=title.label, subject=title.label)]
        )
    context.log(analysis.in_words(streams))
    return analysis.summary(streams)


def _read(context: Context, title: analysis.Title) -> Streams:
    try:
        return analysis.read(title, context.step)
    except FileNotFoundError:
        raise Permanent(f"{title.shown_path} is not there any more; scan its library again") from None
    except NotPlayable as bad:
        # Remembered, so that later scans do not try the same bytes again.
        if not context.dry_run:
            with context.transaction() as session:
                analysis.give_up(session, title)
        raise Permanent(f"{title.shown_path}: {bad}") from None
    except PermissionError:
        raise Permanent(f"{title.shown_path} may not be read by the user queueapp runs as") from None
