"""Season, numbers, show and title of an episode from its file name and folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from queueapp.media import film_names, guess, paths, tokens

#: A range wider than this is a season pack's name or a misread number, not a file of many episodes.
_WIDEST_RANGE = 30
_STANDARD = re.compile(
    r"(?ix)(?<![a-z0-9]) s(?P<season>\d{1,4}) [ ._-]* (?:e|ep)(?P<first>\d{1,4})"
    r"(?P<more>(?:[ ._]?(?:[-+&~]|-?[ ._]?(?:s\d{1,4})?-?e|-ep|-s\d{1,4}e) ?e?\d{1,4}(?![\dpi]))*)"
)
_CROSS = re.compile(
    r"(?ix)(?<![a-z0-9]) (?P<season>\d{1,2}) x (?P<first>\d{2,4})"
    r"(?P<more>(?:[ ._]?[-+&] ?(?:\d{1,2}x)?\d{2,4}(?![\dpi])|x\d{2,4})*) (?![a-z0-9])"
)
_WORDS = re.compile(
    r"(?ix)(?:season|series|saison|staffel|temporada|stagione|сезон)[ ._-]*(?P<season>\d{1,4})[ ._,-]*"
    r"(?:episode|ep|folge|épisode|episodio|серия|e)[ ._-]*(?P<first>\d{1,4})"
)
_CJK = re.compile(r"第\s*(?:(?P<season>\d{1,2})\s*[季期]\s*第?\s*)?(?P<first>\d{1,4})\s*[話话集回]")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[ ._-](0[1-9]|1[0-2])[ ._-](0[1-9]|[12]\d|3[01])(?!\d)")
_ONLY_EPISODE = re.compile(
    r"(?ix)(?<![a-z0-9])(?:e|ep|episode|folge|épisode|episodio|серия|chapter)[ ._-]?(?P<first>\d{1,4})"
    r"(?P<more>(?:-e?\d{1,4}(?![\dpi]))?)(?![a-z0-9])"
)
_ABSOLUTE = re.compile(r"^(?P<show>.+?)[ _.]-[ _.](?P<first>\d{1,4})(?:v\d)?(?=$|[ _.\[(])(?!\s*-?\d)")
_LEADING = re.compile(r"^(?P<first>\d{1,3})(?=$|[ ._-])")
_HUNDREDS = re.compile(r"(?<![\w])(?P<season>\d{1,2})(?P<first>\d\d)(?=$|[ ._-])")

_SEASON_FOLDER = re.compile(
    r"(?ix)^(?:.*?[ ._-])??"
    r"(?:season|series|saison|staffel|temporada|stagione|sæson|säsong|seizoen|сезон)"
    r"[ ._-]*(\d{1,4})(?![\d]).*$"
    r"|^s(\d{1,4})$|^第\s*(\d{1,2})\s*[季期].*$|^(\d{1,2})(?:\.|st|nd|rd|th)?[ ._]*(?:season|сезон|staffel)$"
)
_SPECIALS = re.compile(r"(?i)^(?:specials?|season 0+|sp|ova|ovas|extras & specials)$")
_PACK = re.compile(r"(?ix)(?<![a-z0-9])s(\d{1,4})(?:-s?\d{1,4})?(?![a-z0-9])")
_NAMED_SEASON = re.compile(
    r"(?ix)(?<![^\W_])(?:season|saison|staffel|temporada|stagione|сезон)[ ._-]*(\d{1,4})(?!\d)"
)


@dataclass(frozen=True, slots=True)
class EpisodeName:
    """What a name says of an episode. No numbers and no date: it names no episode."""

    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: int | None = None
    aired: date | None = None
    show: str = ""
    year: int | None = None
    title: str = ""

    @property
    def found(self) -> bool:
        """Whether the name tells which episode this is."""
        return bool(self.episodes or self.aired)


@lru_cache(maxsize=4096)
def parse(stem: str, folder_season: int | None = None) -> EpisodeName:
    """Read a file's stem; `folder_season` is that of the folder it lies in (0 for specials)."""
    name = _FOREIGN_NUMBERS.sub(" ", paths.readable(stem))
    said = _marked(name) or _dated(name) or _numbered(name, folder_season) or _guessed(name, folder_season)
    return said or EpisodeName()


def season_of_folder(name: str) -> int | None:
    """The season a folder holds (`Season 01`, `S2`, `Staffel 3`, `第2季`, `Specials`), else None."""
    name = paths.readable(name).strip()
    if _SPECIALS.match(name):
        return 0
    found = _SEASON_FOLDER.match(name)
    return int(next(filter(None, found.groups()))) if found else None


def pack_of_folder(name: str) -> tuple[film_names.FilmName, int | None] | None:
    """Show and season of a release folder (`Show.S01.1080p.WEB-GRP`, `Show.S01E02.…`), else None."""
    name = paths.readable(name)
    for pattern in (_STANDARD, _PACK, _NAMED_SEASON):
        found = pattern.search(name)
        if found and found.start() > 0:
            return show_of(name[: found.start()]), int(found[1])
    return None


def show_of(name: str) -> film_names.FilmName:
    """Title, year and ids of a show from its folder's name or from what stands before the numbers."""
    said = film_names.parse(name.strip(" ._-"))
    if said.certainty:
        return said
    bare = tokens.without_tags(paths.readable(name))
    return film_names.FilmName(tokens.spaced(tokens.before_quality(bare)) or said.title, ids=said.ids)


#: Checksums and resolutions look like numbers of episodes.
_FOREIGN_NUMBERS = re.compile(r"\[[0-9A-Fa-f]{8}\]|(?<!\d)\d{3,4}x\d{3,4}(?!\d)")


def _marked(name: str) -> EpisodeName | None:
    for pattern in (_STANDARD, _CROSS, _WORDS, _CJK):
        found = pattern.search(name)
        if found:
            more = found.groupdict().get("more") or ""
            season = found["season"]
            numbers = _numbers(int(found["first"]), more)
            return _named(name, found, int(season) if season else 1, numbers)
    return None


def _dated(name: str) -> EpisodeName | None:
    found = _DATE.search(name)
    if not found:
        return None
    try:
        aired = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    show = show_of(name[: found.start()]) if found.start() else film_names.FilmName("")
    return EpisodeName(aired.year, (), None, aired, show.title, show.year, _title_after(name[found.end() :]))


def _numbered(name: str, folder_season: int | None) -> EpisodeName | None:
    bare = tokens.without_tags(name).strip()
    found = _ONLY_EPISODE.search(bare)
    if found:
        season = 1 if folder_season is None else folder_season
        return _named(bare, found, season, _numbers(int(found["first"]), found["more"]))
    if folder_season is not None and (found := _LEADING.match(bare)):
        return _named(bare, found, folder_season, (int(found["first"]),))
    found = _ABSOLUTE.match(bare)
    if found:
        number = int(found["first"])
        title = _title_after(bare[found.end("first") :])
        show = show_of(found["show"])
        season = 1 if folder_season is None else folder_season
        return EpisodeName(season, (number,), number, None, show.title, show.year, title)
    if folder_season:
        for found in _HUNDREDS.finditer(tokens.before_quality(bare)):
            if int(found["season"]) == folder_season:
                return _named(bare, found, folder_season, (int(found["first"]),))
    return None


def _guessed(name: str, folder_season: int | None) -> EpisodeName | None:
    if not any(one.isdigit() for one in name):
        return None
    said = guess.episode(name)
    if not said.episodes or len(said.episodes) > _WIDEST_RANGE:
        return None
    # Bare numbers are guessed from anything; without a season from name or folder they prove nothing.
    season = said.season if said.season is not None else folder_season
    if season is None:
        return None
    return EpisodeName(season, said.episodes, None, None, said.title, said.year, said.episode_title)


def _numbers(first: int, more: str) -> tuple[int, ...]:
    numbers = [first]
    for sign, text in re.findall(
        r"([-~]?)[ ._]*(?:s\d{1,4})?-?(?:\d{1,2}x)?[ex+& ._]*(\d{1,4})", more, re.IGNORECASE
    ):
        number = int(text)
        if (sign or "-" in more) and 0 < number - numbers[-1] <= _WIDEST_RANGE:
            numbers.extend(range(numbers[-1] + 1, number + 1))
        elif number > numbers[-1]:
            numbers.append(number)
    return tuple(numbers)


def _named(name: str, found: re.Match[str], season: int, numbers: tuple[int, ...]) -> EpisodeName:
    before = name[: found.start()].strip(" ._-[(")
    show = show_of(before) if before else film_names.FilmName("")
    return EpisodeName(season, numbers, None, None, show.title, show.year, _title_after(name[found.end() :]))


def _title_after(rest: str) -> str:
    rest = tokens.before_quality(tokens.without_tags(rest))
    rest = re.sub(r"\((?:19|20)\d\d\)", " ", rest)
    title = tokens.spaced(rest.lstrip(" ._-)]").rstrip(" _-[("))
    return title if any(one.isalpha() for one in title) or (title.isdigit() and len(title) < 5) else ""
