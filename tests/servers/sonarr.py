"""Sonarr: connections for series, and a history of episodes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from tests.servers.arr import ArrServer


class SonarrServer(ArrServer):
    """A Sonarr."""

    app: ClassVar[str] = "Sonarr"
    events: ClassVar[tuple[str, ...]] = (
        "onGrab", "onDownload", "onUpgrade", "onImportComplete", "onRename", "onSeriesAdd", "onSeriesDelete",
        "onEpisodeFileDelete", "onEpisodeFileDeleteForUpgrade", "onHealthIssue", "onHealthRestored",
        "onApplicationUpdate", "onManualInteractionRequired",
    )  # fmt: skip

    def imported(self, folder: str, path: str, date: datetime, file_id: int, episode: int) -> None:
        """Note in the history that an episode's file came in."""
        self.history.append(
            {
                "id": len(self.history) + 1, "seriesId": 15, "episodeId": 500 + episode, "sourceTitle": "A.Pack",
                "eventType": "downloadFolderImported", "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "data": {"fileId": str(file_id), "droppedPath": "/downloads/x.mkv", "importedPath": path},
                "series": {"id": 15, "title": "Lantern Street", "year": 1958, "path": folder, "tvdbId": 990015},
                "episode": {"id": 500 + episode, "seasonNumber": 1, "episodeNumber": episode},
            }
        )  # fmt: skip
