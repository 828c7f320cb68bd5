"""Follows files that a downloader renamed: what is on record of them moves along, and so does what lies beside them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from actors.told import AboutTitle
from queueapp.errors import Permanent, RetryLater
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.models.library import Library
from queueapp.operations import operation
from queueapp.services.arr import told_paths
from queueapp.services.library import following, importing
from queueapp.services.library.following import Following


class Renamed(BaseModel):
    """One file under its former and its present path, as the downloader spells them."""

    model_config = ConfigDict(extra="forbid")

    before: str = Field(min_length=1, max_length=4096, description="Its path before")
    now: str = Field(min_length=1, max_length=4096, description="Its path now")


class FollowRename(AboutTitle):
    """What following a rename is given."""

    renames: list[Renamed] = Field(min_length=1, max_length=1000, description="The files that were renamed")


@operation(
    "follow_rename",
    payload=FollowRename,
    phase="scan",
    timeout_seconds=3600,
    concurrency_key=lambda payload: payload.key,
    grows=True,
    public=False,
)
def perform(payload: FollowRename, context: Context) -> dict[str, Any]:
    """Move records, NFO and artwork along with files that a downloader renamed; nothing is fetched again."""
    library, renames = _places(payload, context)
    missing = [now for now in renames.values() if not importing.is_visible(now)]
    if missing:
        _wait_for(missing[0], payload, context)
    context.confirm_claim()
    with context.transaction() as session:
        moved, left = following.move_sidecars(session, library.path, renames)
    for one in moved:
        context.log(f"Moved {paths.readable(one.before)} to {paths.readable(one.now)}")
    for path in left:
        context.log(f"Left {paths.readable(path)} where it is: its new place is taken", level="warning")
    results = []
    for folder in following.folders(renames, library):
        scan = Following(context, folder, library.id, library.kind, accept_gone=True, renames=renames)
        results.append(scan.run())
    return {
        "renamed": len(renames),
        "moved_files": [paths.readable(one.now) for one in moved],
        "moved": sum(one["moved"] for one in results),
        "chained": sum(one["chained"] for one in results),
    }


def _places(payload: FollowRename, context: Context) -> tuple[Library, dict[str, str]]:
    with context.transaction() as session:
        teller = told_paths.Teller(session, payload.downloader_id, payload.sender)
        first = teller.ours(payload.renames[0].now)
        library = teller.library_of(session, first, payload.renames[0].now)
        pairs = [(teller.ours(one.before), teller.ours(one.now)) for one in payload.renames]
    return library, {
        told_paths.inside(library, before): told_paths.inside(library, now) for before, now in pairs
    }


def _wait_for(path: str, payload: FollowRename, context: Context) -> None:
    longest = context.settings.webhooks.visible_seconds
    with context.transaction() as session:
        waited = importing.seconds_missed(session, None, context.item_id)
    if waited < longest:
        raise RetryLater(f"{paths.readable(path)} is not visible yet", 1.0, uses_attempt=False)
    raise Permanent(
        f"{paths.readable(path)} is not visible here, {longest} s after {payload.sender} told of its rename: "
        "is the disk mounted, and is the path mapping right?"
    )
