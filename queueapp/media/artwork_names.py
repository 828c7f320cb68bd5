"""Where Kodi and Jellyfin look for a title's pictures (VideoInfoScannerArt.cpp, LocalImageProvider.cs)."""

from __future__ import annotations

import posixpath
import re

_ILLEGAL = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
#: What the recogniser of bytes calls a picture, and the extension Kodi knows it by.
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png"}


def for_folder(folder: str, kind: str, number: int, extension: str) -> str:
    """`poster.jpg`, `fanart.jpg`, `fanart1.jpg`, … of a series; of a film only Kodi sources set up so read them."""
    return posixpath.join(folder, f"{kind}{_suffix(number)}{extension}")


def for_file(video_path: str, kind: str, number: int, extension: str) -> str:
    """`<video>-poster.jpg` of a film, which Kodi reads however its source is set up; `<video>-thumb.jpg`."""
    stem = posixpath.splitext(video_path)[0]
    return f"{stem}-{kind}{_suffix(number)}{extension}"


def for_season(show_folder: str, season: int, kind: str, extension: str) -> str:
    """`season01-poster.jpg` or `season-specials-poster.jpg`, both in the show's root."""
    name = "season-specials" if season == 0 else f"season{season:02d}"
    return posixpath.join(show_folder, f"{name}-{kind}{extension}")


def for_actor(folder: str, name: str, extension: str) -> str:
    """`.actors/First_Last.jpg` beside the NFO: spaces become underscores, illegal characters go."""
    return posixpath.join(folder, ".actors", _ILLEGAL.sub("", name.strip().replace(" ", "_")) + extension)


def _suffix(number: int) -> str:
    return str(number) if number else ""
