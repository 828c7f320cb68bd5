"""Radarr: connections for films, and a history of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from tests.servers.arr import ArrServer


class RadarrServer(ArrServer):
    """A Radarr."""

    app: ClassVar[str] = "Radarr"
    events: ClassVar[tuple[str, ...]] = (
        "onGrab", "onDownload", "onUpgrade", "onRename", "onMovieAdded", "onMovieDelete", "onMovieFileDelete",
        "onMovieFileDeleteForUpgrade", "onHealthIssue", "onHealthRestored", "onApplicationUpdate",
        "onManualInteractionRequired",
    )  # fmt: skip

    def imported(self, path: str, date: datetime, file_id: int, **movie: Any) -> None:
        """Note in the history that a film's file came in."""
        about = {"id": 42, "title": "Nosferatu", "year": 1922, "path": path.rpartition("/")[0], "tmdbId": 653}
        self.history.append(
            {
                "id": len(self.history) + 1, "movieId": 42, "sourceTitle": "A.Release", "downloadId": "A1B2",
                "eventType": "downloadFolderImported", "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "data": {"fileId": str(file_id), "droppedPath": "/downloads/x.mkv", "importedPath": path},
                "movie": about | movie,
            }
        )  # fmt: skip

    def renamed(self, before: str, now: str, date: datetime) -> None:
        """Note in the history that a film's file was renamed."""
        self._note("movieFileRenamed", before, {"sourcePath": before, "path": now}, date)

    def deleted(self, path: str, reason: str, date: datetime) -> None:
        """Note in the history that a film's file was deleted."""
        self._note("movieFileDeleted", path, {"reason": reason}, date)

    def _note(self, event: str, path: str, data: dict[str, str], date: datetime) -> None:
        about = {"id": 42, "title": "Nosferatu", "year": 1922, "path": path.rpartition("/")[0], "tmdbId": 653}
        self.history.append(
            {
                "id": len(self.history) + 1, "movieId": 42, "sourceTitle": path, "eventType": event,
                "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": data, "movie": about,
            }
        )  # fmt: skip
