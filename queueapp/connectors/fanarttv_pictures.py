"""fanart.tv's lists as pictures of our kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from queueapp.connectors.fanarttv import NAME
from queueapp.connectors.offered import Offered
from queueapp.media import language
from queueapp.media.artwork import ArtKind

#: Each list by our kind and the size its pictures have (fanart.tv says none; its rules prescribe them).
_LISTS: Mapping[str, tuple[ArtKind, int, int]] = {
    "hdmovielogo": (ArtKind.CLEARLOGO, 800, 310),
    "movielogo": (ArtKind.CLEARLOGO, 400, 155),
    "hdtvlogo": (ArtKind.CLEARLOGO, 800, 310),
    "clearlogo": (ArtKind.CLEARLOGO, 400, 155),
    "hdmovieclearart": (ArtKind.CLEARART, 1000, 562),
    "movieart": (ArtKind.CLEARART, 500, 281),
    "hdclearart": (ArtKind.CLEARART, 1000, 562),
    "clearart": (ArtKind.CLEARART, 500, 281),
    "moviedisc": (ArtKind.DISCART, 1000, 1000),
    "moviebanner": (ArtKind.BANNER, 1000, 185),
    "tvbanner": (ArtKind.BANNER, 1000, 185),
    "moviethumb": (ArtKind.LANDSCAPE, 1000, 562),
    "tvthumb": (ArtKind.LANDSCAPE, 1000, 562),
    "moviebackground": (ArtKind.FANART, 1920, 1080),
    "showbackground": (ArtKind.FANART, 1920, 1080),
    "movieposter": (ArtKind.POSTER, 1000, 1426),
    "tvposter": (ArtKind.POSTER, 1000, 1426),
    "characterart": (ArtKind.CHARACTERART, 512, 512),
    "seasonposter": (ArtKind.POSTER, 1000, 1426),
    "seasonthumb": (ArtKind.LANDSCAPE, 1000, 562),
    "seasonbanner": (ArtKind.BANNER, 1000, 185),
}


def pictures(art: Mapping[str, Any] | None) -> Iterator[Offered]:
    """Every picture of an answer that can be used; entries without an address are passed over."""
    for name, (kind, width, height) in _LISTS.items():
        for entry in (art or {}).get(name) or ():
            season = _season(entry.get("season")) if name.startswith("season") else None
            if not entry.get("url") or (name.startswith("season") and season is None):
                continue
            yield Offered(
                provider=NAME,
                kind=kind,
                url=str(entry["url"]),
                season=season,
                language=language.normalise(entry.get("lang")),
                width=width,
                height=height,
                votes=_number(entry.get("likes")),
            )


def _season(text: object) -> int | None:
    """A season's number; "all" is art of no season of its own."""
    return int(str(text)) if str(text).isdigit() else None


def _number(text: object) -> int:
    return int(str(text)) if str(text).isdigit() else 0
