"""What Radarr and Sonarr tell by webhook, read from any of their versions.

Source: `src/NzbDrone.Core/Notifications/Webhook/*` of Radarr 5/6 and Sonarr 4/5. Only `eventType` must be there;
properties that are null are left out by them, and older versions lack many.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any, Literal

Json = dict[str, Any]
#: Ids beyond this cannot be stored, and are none.
_LARGEST_ID = 2**31 - 1
#: The note of an import that replaces a file.
UPGRADE = "an upgrade"


class Act(enum.StrEnum):
    """What an event asks us to do."""

    IMPORT = "import"
    RENAME = "rename"
    DELETE = "delete"
    #: a file made room for a better one, whose import follows or came before
    REPLACED = "replaced"
    EXPECT = "expect"
    #: kept to be looked at
    RECORD = "record"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ToldFile:
    """A file by the path that the downloader gives it; `mark` tells it from others at the same path."""

    path: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class ToldTitle:
    """The film or series an event is about; `folder` as the downloader spells it."""

    kind: Literal["movies", "tv"]
    id: int | None = None
    title: str = ""
    year: int | None = None
    folder: str = ""
    tmdb_id: int | None = None
    imdb_id: str | None = None
    tvdb_id: int | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        name = self.title or (self.folder.replace("\\", "/").rstrip("/").rpartition("/")[2])
        return f"{name} ({self.year})" if name and self.year and f"({self.year})" not in name else name


@dataclass(frozen=True, slots=True)
class Told:
    """One event, understood as far as it goes."""

    event: str
    act: Act
    title: ToldTitle | None = None
    #: of an import what came in, of a deletion what went
    files: tuple[ToldFile, ...] = ()
    #: of an import what it replaced
    replaced: tuple[ToldFile, ...] = ()
    #: of a rename, from and to
    renames: tuple[tuple[str, str], ...] = ()
    #: the whole title was deleted
    whole: bool = False
    #: one line for people
    note: str = ""
    #: which of several episodes it is about, such as `S01E03`
    part: str = ""
    instance: str = ""
    application_url: str = ""

    @property
    def label(self) -> str:
        """What the event is about, for people."""
        about = self.title.label if self.title else ""
        if about:
            return f"{about} {self.part}".strip()
        return self.note[:200] if self.act is not Act.UNKNOWN else ""


def read(payload: Json) -> Told:
    """Understand an event; what is of no known kind, or not shaped as it should be, is UNKNOWN or recorded."""
    event = _text(payload, "eventType")
    reader = _READERS.get(event.lower(), _unknown)
    instance, url = _text(payload, "instanceName"), _text(payload, "applicationUrl")
    return replace(reader(event, payload), instance=instance, application_url=url)


def _unknown(event: str, payload: Json) -> Told:
    return Told(event, Act.UNKNOWN, _title(payload), note="of a kind that is not known here")


def _import(event: str, payload: Json) -> Told:
    title = _title(payload)
    files = _files(payload, title, ("movieFile", "episodeFile"), ("movieFiles", "episodeFiles"))
    replaced = _files(payload, title, (), ("deletedFiles",))
    upgrade = bool(replaced) or payload.get("isUpgrade") is True
    return Told(
        event, Act.IMPORT, title, files,
        replaced=replaced,
        note=UPGRADE if upgrade else "", part=_part(payload)
    )  # fmt: skip


def _rename(event: str, payload: Json) -> Told:
    title = _title(payload)
    pairs = []
    for one in _objects(payload, "renamedMovieFiles") + _objects(payload, "renamedEpisodeFiles"):
        now = _path_of(one, title, "path", "relativePath")
        before = _path_of(one, title, "previousPath", "previousRelativePath")
        if now and before:
            pairs.append((before, now))
    return Told(event, Act.RENAME, title, renames=tuple(pairs))


def _file_delete(event: str, payload: Json) -> Told:
    title = _title(payload)
    reason = _text(payload, "deleteReason")
    act = Act.REPLACED if reason.lower() == "upgrade" else Act.DELETE
    files = _files(payload, title, ("movieFile", "episodeFile"), ())
    return Told(event, act, title, files, note=_REASONS.get(reason.lower(), reason), part=_part(payload))


def _title_delete(event: str, payload: Json) -> Told:
    title = _title(payload)
    deleted = payload.get("deletedFiles")
    if not deleted:
        return Told(event, Act.RECORD, title, note="its files were kept", whole=True)
    return Told(event, Act.DELETE, title, whole=True, note="deleted with its files")


def _added(event: str, payload: Json) -> Told:
    return Told(event, Act.EXPECT, _title(payload), note=_text(payload, "addMethod"))


def _record(event: str, payload: Json) -> Told:
    return Told(event, Act.RECORD, _title(payload), note=_note(payload), part=_part(payload))


_READERS = {
    "download": _import,
    "rename": _rename,
    "moviefiledelete": _file_delete,
    "episodefiledelete": _file_delete,
    "moviedelete": _title_delete,
    "seriesdelete": _title_delete,
    "movieadded": _added,
    "seriesadd": _added,
    "test": _record,
    "grab": _record,
    "health": _record,
    "healthrestored": _record,
    "applicationupdate": _record,
    "manualinteractionrequired": _record,
}
_REASONS = {
    "missingfromdisk": "missing from the disk",
    "manual": "deleted by a person",
    "upgrade": "replaced by an upgrade",
    "nolinkedepisodes": "no episode belongs to it any more",
    "manualoverride": "replaced by hand",
}


def _note(payload: Json) -> str:
    """One line about what is only recorded."""
    event = str(payload["eventType"]).lower()
    if event == "test":
        return "a test of the connection"
    if event == "applicationupdate":
        versions = [_text(payload, "previousVersion"), _text(payload, "newVersion")]
        return " → ".join(one for one in versions if one) or _text(payload, "message")
    if event == "manualinteractionrequired":
        lines = [
            text for one in _objects(payload, "downloadStatusMessages") for text in _list(one, "messages")
        ]
        about = _text(_object(payload, "downloadInfo"), "title")
        return ": ".join(one for one in (about, "; ".join(map(str, lines))) if one)
    if event == "grab":
        return _text(_object(payload, "release"), "releaseTitle")
    level = _text(payload, "level")
    message = _text(payload, "message")
    return f"{level}: {message}" if level and message else message or level


def _title(payload: Json) -> ToldTitle | None:
    movie, series = _object(payload, "movie"), _object(payload, "series")
    if not movie and not series:
        return None
    about = movie or series
    remote = _object(payload, "remoteMovie")
    return ToldTitle(
        kind="movies" if movie else "tv",
        id=_number(about, "id"),
        title=_text(about, "title"),
        year=_number(about, "year"),
        folder=_raw(about, "folderPath") or _raw(about, "path"),
        tmdb_id=_number(about, "tmdbId") or _number(remote, "tmdbId"),
        imdb_id=_imdb(about) or _imdb(remote),
        tvdb_id=_number(about, "tvdbId"),
    )


def _files(
    payload: Json, title: ToldTitle | None, singles: tuple[str, ...], lists: tuple[str, ...]
) -> tuple[ToldFile, ...]:
    """The files under these names, each path once."""
    told = [_object(payload, name) for name in singles]
    told += [one for name in lists for one in _objects(payload, name)]
    found: dict[str, ToldFile] = {}
    for one in told:
        path = _path_of(one, title, "path", "relativePath")
        if path:
            found.setdefault(path, ToldFile(path, _mark(one)))
    return tuple(found.values())


def _path_of(one: Json, title: ToldTitle | None, absolute: str, relative: str) -> str:
    """The whole path; versions that leave it out give the title's folder and the path below it."""
    path = _raw(one, absolute)
    below = _raw(one, relative)
    if path or not below or title is None or not title.folder:
        return path
    separator = "\\" if "\\" in title.folder and "/" not in title.folder else "/"
    return title.folder.rstrip("/\\") + separator + below


def _mark(file: Json) -> str | None:
    number = _number(file, "id")
    if number:
        return f"id {number}"
    parts = [str(file[name]) for name in ("size", "dateAdded") if file.get(name)]
    return " ".join(parts) or None


def _part(payload: Json) -> str:
    """The episodes an event is about, when they are few enough to be named."""
    numbers = [
        (_number(one, "seasonNumber") or 0, _number(one, "episodeNumber") or 0)
        for one in _objects(payload, "episodes")
    ]
    if not numbers:
        return ""
    if len(numbers) > 2:
        seasons = {season for season, _ in numbers}
        return (
            f"S{min(seasons):02d}, {len(numbers)} episodes"
            if len(seasons) == 1
            else f"{len(numbers)} episodes"
        )
    season = numbers[0][0]
    return f"S{season:02d}" + "".join(f"E{episode:02d}" for _, episode in numbers)


def _object(payload: Json, name: str) -> Json:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def _objects(payload: Json, name: str) -> list[Json]:
    return [one for one in _list(payload, name) if isinstance(one, dict)]


def _list(payload: Json, name: str) -> list[Any]:
    value = payload.get(name)
    return value if isinstance(value, list) else []


def _text(payload: Json, name: str) -> str:
    return _raw(payload, name).strip()


def _raw(payload: Json, name: str) -> str:
    """Text as it can be stored; a path may begin or end with a space."""
    value = payload.get(name)
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _number(payload: Json, name: str) -> int | None:
    """A positive number that can be stored; 0 means none, as they write it."""
    value = payload.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 11:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= _LARGEST_ID else None


def _imdb(payload: Json) -> str | None:
    value = _text(payload, "imdbId")
    return value if value.startswith("tt") and value[2:].isdigit() and len(value) < 16 else None
