"""A scan run straight on the database, without a queue: a small real stand-in for the running item."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.bootstrap import Runtime
from queueapp.config import Settings
from queueapp.execution.rows import NewItem
from queueapp.models.library import LibraryKind
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from queueapp.services.library.scanning import Scanning


@dataclass
class RunningScan:
    """Takes what a scan tells, and keeps it."""

    runtime: Runtime
    task_id: int = 1
    dry_run: bool = False
    meta: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)
    items: list[NewItem] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    def progress(self, fraction: float, message: str | None = None) -> None:
        self.fractions.append(fraction)

    def log(self, message: str, level: str = "info") -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def check_canceled(self) -> None:
        return

    def transaction(self) -> AbstractContextManager[Session]:
        return self.runtime.transaction()

    def add_items(self, new_items: Sequence[NewItem]) -> None:
        self.items.extend(new_items)

    @property
    def chained(self) -> list[str]:
        """Titles of the items added, sorted, without those for players."""
        return sorted(one.title or "" for one in self.items if not one.barrier)


class ScannedLibrary:
    """A library in the database, scanned as often as wanted."""

    def __init__(self, runtime: Runtime, folder: Path, kind: str = "movies") -> None:
        self.runtime = runtime
        self.folder = folder
        with runtime.transaction() as session:
            new = NewLibrary(name="Test", path=str(folder), kind=LibraryKind(kind))
            self.id = libraries.add_library(session, runtime.settings, new).id

    def scan(self, path: Path | None = None, *, accept_gone: bool = False, **fields: Any) -> RunningScan:
        """Run one scan; its result is kept as `result`."""
        running = RunningScan(self.runtime, **fields)
        scanning = Scanning(running, str(path or self.folder), self.id, accept_gone=accept_gone)
        running.result = scanning.run()
        return running

    def publish_all(self) -> None:
        """Stand in for the rest of the chain: every title has been published as it is now."""
        with self.runtime.transaction() as session:
            session.execute(sa.update(Media).values(published_fingerprint=Media.fingerprint))

    def titles(self, *kinds: MediaKind, status: MediaStatus = MediaStatus.PRESENT) -> list[Media]:
        """The titles on record, by key."""
        wanted = kinds or (MediaKind.MOVIE, MediaKind.EPISODE)
        query = sa.select(Media).where(Media.kind.in_(wanted), Media.status == status).order_by(Media.key)
        with self.runtime.transaction() as session:
            return list(session.scalars(query))

    def films(self, status: MediaStatus = MediaStatus.PRESENT) -> list[tuple[str, int | None]]:
        """Title and year of each film on record."""
        return sorted((one.title, one.year) for one in self.titles(MediaKind.MOVIE, status=status))
