"""What happened by the history of a Radarr or Sonarr, and the webhooks that would have told of it.

Source: `src/NzbDrone.Core/History/HistoryService.cs` of both. Sonarr keeps a record for each episode of a file. What
a title that was deleted since had is forgotten by them.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
#: Records of one file that lie closer together tell of one event.
_AT_ONCE = timedelta(minutes=1)


class What(enum.StrEnum):
    """What happened to a file."""

    IMPORTED = "imported"
    RENAMED = "renamed"
    DELETED = "deleted"


_WHAT = {
    "downloadfolderimported": What.IMPORTED,
    "moviefilerenamed": What.RENAMED,
    "episodefilerenamed": What.RENAMED,
    "moviefiledeleted": What.DELETED,
    "episodefiledeleted": What.DELETED,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the history; paths as the downloader spells them."""

    what: What
    #: the id of its record, and when that was made
    number: int
    date: datetime
    path: str
    #: of a rename, the path it had
    before: str = ""
    #: of a deletion, why
    reason: str = ""
    #: of an import, the paths of what made room for it
    replaced: tuple[str, ...] = ()
    #: the film's or series' own id
    title_id: int | None = None
    file_id: int | None = None
    download_id: str | None = None
    #: the film or series, and the episodes, as the history describes them
    about: Json | None = None
    episodes: tuple[Json, ...] = ()

    @property
    def is_upgrade(self) -> bool:
        """Whether a better file took this one's place."""
        return self.what is What.DELETED and self.reason.lower() == "upgrade"


def date_of(record: Json) -> datetime | None:
    """When a record of the history was made; their fractions of a second have up to 7 digits."""
    text = str(record.get("date") or "")
    whole, dot, rest = text.partition(".")
    fraction = "".join(one for one in rest if one.isdigit())[:6]
    try:
        found = datetime.fromisoformat(whole.rstrip("Z"))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) + timedelta(
        seconds=float(f"0.{fraction}") if dot and fraction else 0
    )


def read(records: Sequence[Json]) -> list[Happened]:
    """What happened to files, oldest first; what names no file, or is of another kind, is left out."""
    found = [one for one in map(_happened, records) if one is not None]
    merged: dict[tuple[What, str, str], Happened] = {}
    events: list[Happened] = []
    for one in sorted(found, key=lambda each: (each.date, each.number)):
        key = (one.what, one.path, one.before)
        last = merged.get(key)
        if last is not None and one.date - last.date < _AT_ONCE and one.file_id == last.file_id:
            both = replace(last, episodes=last.episodes + one.episodes)
            events[events.index(last)] = merged[key] = both
        else:
            events.append(one)
            merged[key] = one
    return events


def payload_of(event: Happened, kind: str) -> Json:
    """The webhook that would have told of it, by a Radarr or a Sonarr."""
    films = kind == "radarr"
    about = {**(event.about or {}), "id": event.title_id}
    folder = about.get("path") or _parent(event.path)
    file = {"path": event.path} | ({"id": event.file_id} if event.file_id else {})
    one_file = "movieFile" if films else "episodeFile"
    told: Json = {"movie": about | {"folderPath": folder}} if films else {"series": about | {"path": folder}}
    if not films:
        told["episodes"] = list(event.episodes)
    if event.what is What.RENAMED:
        pair = {"path": event.path, "previousPath": event.before}
        return told | {"eventType": "Rename", "renamedMovieFiles" if films else "renamedEpisodeFiles": [pair]}
    if event.what is What.DELETED:
        name = "MovieFileDelete" if films else "EpisodeFileDelete"
        reason = event.reason[:1].lower() + event.reason[1:]
        return told | {"eventType": name, one_file: file, "deleteReason": reason}
    gone = [{"path": path} for path in event.replaced]
    upgrade: Json = {"isUpgrade": bool(gone)} | ({"deletedFiles": gone} if gone else {})
    return told | {"eventType": "Download", one_file: file, "downloadId": event.download_id} | upgrade


def _happened(record: Json) -> Happened | None:
    what = _WHAT.get(str(record.get("eventType", "")).lower())
    date = date_of(record)
    if what is None or date is None:
        return None
    raw = record.get("data")
    data = {str(name).lower(): value for name, value in raw.items()} if isinstance(raw, dict) else {}
    path, before = _paths(what, record, data)
    if not path or (what is What.RENAMED and not before):
        return None
    film = record.get("movie")
    about = film if isinstance(film, dict) else record.get("series")
    episode = record.get("episode")
    return Happened(
        what,
        _number(record.get("id")) or 0,
        date,
        path,
        before=before,
        reason=str(data.get("reason") or ""),
        title_id=_number(record.get("movieId")) or _number(record.get("seriesId")),
        file_id=_number(data.get("fileid")),
        download_id=record.get("downloadId"),
        about=about if isinstance(about, dict) else None,
        episodes=(episode,) if isinstance(episode, dict) else (),
    )


def _paths(what: What, record: Json, data: Json) -> tuple[str, str]:
    """The path after the event, and of a rename the one before."""
    if what is What.IMPORTED:
        return _text(data.get("importedpath")), ""
    source = _text(record.get("sourceTitle"))
    if what is What.RENAMED:
        return _text(data.get("path")), _text(data.get("sourcepath")) or source
    # The title of a deletion is the file's path; without a folder it cannot be found.
    return (source if "/" in source or "\\" in source else ""), ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _parent(path: str) -> str:
    separator = "\\" if "\\" in path and "/" not in path else "/"
    return path.rpartition(separator)[0]
