"""Rank pictures offered by providers and choose those to use."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

from queueapp.media import language


class ArtKind(enum.StrEnum):
    """What a picture shows, in Kodi's words; `thumb` is an episode's still, `actor` a portrait."""

    POSTER = "poster"
    FANART = "fanart"
    BANNER = "banner"
    CLEARLOGO = "clearlogo"
    CLEARART = "clearart"
    LANDSCAPE = "landscape"
    DISCART = "discart"
    CHARACTERART = "characterart"
    THUMB = "thumb"
    ACTOR = "actor"


class Picture(Protocol):
    """What ranking needs to know of a picture; sizes in pixels, 0 when the provider does not say."""

    kind: str
    url: str
    language: str
    width: int
    height: int
    votes: int
    vote_average: float


PictureT = TypeVar("PictureT", bound=Picture)

#: Kinds that show no words, so those without a language are best.
_WORDLESS = frozenset({ArtKind.FANART, ArtKind.CHARACTERART, ArtKind.THUMB, ArtKind.ACTOR})
#: Kinds of which a title may have several; of the others it is given one.
SEVERAL = frozenset({ArtKind.POSTER, ArtKind.FANART, ArtKind.CLEARLOGO})
#: How many votes a provider's average needs before it counts in full.
_VOTES_TO_TRUST = 5


def rank(
    pictures: Iterable[PictureT], wanted_language: str, original_language: str, min_resolution: int
) -> list[PictureT]:
    """Best first: big enough, then by language, then votes and resolution.

    `min_resolution` is the least length in pixels of the shorter side for posters and backdrops (of a wide
    picture its height); smaller ones rank last, they are not lost.
    """
    return sorted(pictures, key=lambda one: _key(one, wanted_language, original_language, min_resolution))


def choose(
    pictures: Iterable[PictureT],
    limits: dict[str, int],
    wanted_language: str,
    original_language: str,
    min_resolution: int,
) -> list[PictureT]:
    """The pictures to use: of each kind the best `limits[kind]` (one when not named, 0 for none).

    Too small ones are chosen only where there is nothing else of their kind.
    """
    groups: dict[str, list[PictureT]] = {}
    for picture in rank(pictures, wanted_language, original_language, min_resolution):
        groups.setdefault(picture.kind, []).append(picture)
    chosen: list[PictureT] = []
    for kind, ranked in groups.items():
        fit = [one for one in ranked if is_big_enough(one, min_resolution)] or ranked[:1]
        chosen.extend(fit[: limits.get(kind, 1)])
    return chosen


def is_big_enough(picture: Picture, min_resolution: int) -> bool:
    """Whether a poster or backdrop has the least resolution; of other kinds and unknown sizes: yes."""
    if picture.kind not in (ArtKind.POSTER, ArtKind.FANART, ArtKind.LANDSCAPE) or not picture.height:
        return True
    return min(picture.width, picture.height) >= min_resolution


def _key(
    picture: Picture, wanted: str, original: str, min_resolution: int
) -> tuple[bool, int, float, float, str]:
    return (
        not is_big_enough(picture, min_resolution),
        _language_rank(picture, wanted, original),
        -_vote_weight(picture),
        -math.log2(max(picture.width * picture.height, 1)),
        picture.url,
    )


def _language_rank(picture: Picture, wanted: str, original: str) -> int:
    spoken = language.normalise(picture.language)
    if picture.kind in _WORDLESS:
        return 0 if not spoken else 1 if language.same(spoken, wanted) else 2
    if spoken and language.same(spoken, wanted):
        return 0
    if language.same(spoken, "en"):
        return 1
    if spoken and language.same(spoken, original):
        return 2
    return 3 if not spoken else 4


def _vote_weight(picture: Picture) -> float:
    """An average pulled to the middle while few voted; fanart.tv's likes alone count as small votes."""
    if picture.vote_average <= 0:
        return 5 + min(picture.votes, 50) / 25
    trust = picture.votes / (picture.votes + _VOTES_TO_TRUST)
    return picture.vote_average * trust + 5 * (1 - trust)
