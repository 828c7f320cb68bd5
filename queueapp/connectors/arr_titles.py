"""The films of a Radarr and the series of a Sonarr: find one, tell where it lies now, have it looked at again.

Their MovieController, SeriesController and CommandController (`RescanMovie`, `RescanSeries`), API version 3.
"""

from __future__ import annotations

from typing import Any

from queueapp.connectors.arr import Arr, Json

_PATH = {"radarr": "/movie", "sonarr": "/series"}
#: By which id each is asked for one title, and what the id is called in its answers.
_ID = {"radarr": "tmdbId", "sonarr": "tvdbId"}
_COMMAND = {"radarr": ("RescanMovie", "movieId"), "sonarr": ("RescanSeries", "seriesId")}


def root_folders(arr: Arr) -> list[str]:
    """The folders below which it keeps what it manages, as it spells them."""
    found = arr.ask("GET", "/rootfolder")
    listed = found if isinstance(found, list) else []
    return [str(one["path"]) for one in listed if isinstance(one, dict) and one.get("path")]


def find(arr: Arr, number: int | None, folders: list[str]) -> Json | None:
    """Its film or series by TMDB's or TVDB's number, else by one of these folders, as it spells them."""
    path, name = _PATH[arr.kind], _ID[arr.kind]
    if number:
        params: dict[str, Any] = {name: number}
        for one in _listed(arr.ask("GET", path, None, **params)):
            if one.get(name) == number:
                return one
    wanted = {_plain(one) for one in folders}
    return next(
        (one for one in _listed(arr.ask("GET", path)) if _plain(str(one.get("path", ""))) in wanted), None
    )


def rescan(arr: Arr, title: Json, folder: str) -> None:
    """Tell the folder in which a title lies now, where that differs, and have its files looked at again."""
    number = title["id"]
    if _plain(str(title.get("path", ""))) != _plain(folder):
        arr.ask("PUT", f"{_PATH[arr.kind]}/{number}", {**title, "path": folder}, moveFiles="false")
    command, name = _COMMAND[arr.kind]
    arr.ask("POST", "/command", {"name": command, name: number})


def _listed(found: Any) -> list[Json]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _plain(path: str) -> str:
    return path.replace("\\", "/").rstrip("/")
