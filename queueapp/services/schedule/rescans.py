"""The schedule of each library that scans it again from time to time; switched off until a person wants it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.models.library import Library
from queueapp.models.schedule import Schedule

INTERVAL_SECONDS = 24 * 3600


def ensure(session: Session, library: Library) -> None:
    """Give a library its schedule, or bring its title up to date."""
    row = insert(Schedule).values(
        name=name_of(library.id),
        title=f"Scan {library.name}",
        operation="scan",
        payload={"path": library.path, "library_id": library.id, "kind": library.kind.value},
        interval_seconds=INTERVAL_SECONDS,
        enabled=False,
    )
    changes = {"title": row.excluded.title, "payload": row.excluded.payload}
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=changes))


def ensure_all(session: Session) -> None:
    """Give every library its schedule."""
    for library in session.scalars(sa.select(Library).order_by(Library.id)):
        ensure(session, library)


def forget(session: Session, library_id: int) -> None:
    """Delete the schedule of a library that is removed."""
    session.execute(sa.delete(Schedule).where(Schedule.name == name_of(library_id)))


def name_of(library_id: int) -> str:
    """What the schedule of a library is called."""
    return f"rescan-{library_id}"
