"""Takes in a file that a downloader told of: its folder is scanned and the chain started, at once."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from actors.told import AboutTitle
from queueapp.errors import Permanent, RetryLater
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.models.library import Library
from queueapp.operations import operation
from queueapp.services.arr import told_paths
from queueapp.services.library import importing
from queueapp.services.library.importing import Importing

#: Longest wait between two looks for a file that is not visible yet, in seconds.
_LONGEST_WAIT = 5.0


class Import(AboutTitle):
    """What an import is given."""

    path: str = Field(
        min_length=1,
        max_length=4096,
        description="The file, or the title's folder, as the downloader spells it",
    )
    delivery_id: int | None = Field(None, ge=1, description="The telling of this file on record")
    again: bool = Field(False, description="Go through the chain though nothing is new")


@operation(
    "import",
    payload=Import,
    phase="scan",
    timeout_seconds=3600,
    concurrency_key=lambda payload: payload.key,
    grows=True,
    public=False,
)
def perform(payload: Import, context: Context) -> dict[str, Any]:
    """Find the title of a file that a downloader brought, and have it analyzed, enriched and published."""
    library, path = _place(payload, context)
    if not importing.is_visible(path):
        raise _not_visible(payload, context, path)
    folder = path if importing.is_folder(path) else paths.parent(path)
    scan = Importing(
        context, folder, library.id, library.kind,
        accept_gone=True, told=path, ids=payload.ids, again=payload.again,
    )  # fmt: skip
    result = scan.run()
    if not scan.titles:
        context.warn(
            f"{paths.readable(path)} is no film or episode by its name and place, or is left out of scans"
        )
    return {"path": paths.readable(path), "titles": scan.titles, **result}


def _place(payload: Import, context: Context) -> tuple[Library, str]:
    with context.transaction() as session:
        teller = told_paths.Teller(session, payload.downloader_id, payload.sender)
        path = teller.ours(payload.path)
        library = teller.library_of(session, path, payload.path)
    return library, told_paths.inside(library, path)


def _not_visible(payload: Import, context: Context, path: str) -> RetryLater | Permanent:
    longest = context.settings.webhooks.visible_seconds
    shown = paths.readable(path)
    with context.transaction() as session:
        waited = importing.seconds_missed(session, payload.delivery_id, context.item_id)
        if waited >= longest:
            importing.forget_missed(session, payload.delivery_id)
    if waited < longest:
        wait = min(max(waited / 4, 0.5), _LONGEST_WAIT, longest - waited + 0.1)
        return RetryLater(f"{shown} is not visible yet", wait, uses_attempt=False)
    return Permanent(
        f"{shown} is not visible here, {longest} s after {payload.sender} told of it: "
        "is the disk mounted, and is the path mapping right?"
    )
