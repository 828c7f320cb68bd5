"""Title, year, part and edition of a film from a file or folder name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from queueapp.media import guess, ids, paths, tokens

#: The first film was shot in 1888; a number above the latest is part of a title ("Blade Runner 2049").
EARLIEST_YEAR, LATEST_YEAR = 1888, 2035
_BRACKETED_YEAR = re.compile(r"[\[({]((?:18|19|20)\d\d)(?:-(?:18|19|20)\d\d)?[\])}]")
_LOOSE_YEAR = re.compile(r"(?<![^\W_])((?:18|19|20)\d\d)(?![^\W_])")
#: cd1, disc 2, part 1, pt.3, dvd-2 at the end of a name or before a release's quality.
_PART = re.compile(
    r"[ ._\-(\[]+(cd|dvd|dis[ck]|part|pt)[ ._-]?([1-9]|[a-d])(?=$|[)\] ._-])[)\]]?", re.IGNORECASE
)
#: Words of parts that may as well belong to a title.
TITLE_PARTS = frozenset({"part", "pt"})
_EDITION = re.compile(
    r"(?i)\b(director'?s[ ._]cut|final[ ._]cut|extended(?:[ ._](?:cut|edition))?|theatrical(?:[ ._]cut)?"
    r"|unrated|remastered|imax|criterion|special[ ._]edition|ultimate[ ._]edition)\b"
)
_GENERIC = re.compile(
    r"(?ix)^(?: movie | video | film | main | feature | title | index | untitled "
    r"| \d{1,5} | title[_ ]?t?\d+ | vts_\d+_\d+ "
    r"| [0-9a-f]{16,} | [a-z0-9]{20,} | (?=\w*\d)(?=\w*[a-z])[a-z0-9]{10,} )$"
)


@dataclass(frozen=True, slots=True)
class FilmName:
    """What a name says of a film."""

    title: str
    year: int | None = None
    #: 3 a year in brackets, 2 a release's year, 1 a guessed year, 0 no year.
    certainty: int = 0
    part: int | None = None
    #: The word before `part`; see TITLE_PARTS.
    part_word: str = ""
    edition: str = ""
    ids: ids.Ids = ids.NONE
    #: The name says nothing ("movie.mkv", "00000.m2ts"): the folder must.
    generic: bool = False


@lru_cache(maxsize=4096)
def parse(name: str) -> FilmName:
    """Read a file's stem or a folder's name, in any script, tagged, tidy or scene style."""
    name = paths.readable(name)
    found = ids.from_name(name)
    edition = _EDITION.search(name)
    stem, part, word = split_part(name)
    # "Part 1" may belong to the title; a disc's number never does.
    said = _titled(stem if word not in TITLE_PARTS else name)
    return replace(
        said,
        part=part,
        part_word=word,
        ids=found,
        edition=re.sub(r"[._]", " ", edition[1]) if edition else "",
        generic=not said.year and bool(_GENERIC.match(stem)),
    )


def split_part(name: str) -> tuple[str, int | None, str]:
    """The name without its part token, the part's number (a=1, b=2, …) and the token's word."""
    tokens_found = [one for one in _PART.finditer(name) if one.start() > 0]
    if not tokens_found:
        return name, None, ""
    last = tokens_found[-1]
    mark = last[2].lower()
    number = int(mark) if mark.isdigit() else ord(mark) - ord("a") + 1
    return f"{name[: last.start()]}{name[last.end() :]}".rstrip(" ._-"), number, last[1].lower()


def _titled(stem: str) -> FilmName:
    bare = tokens.without_tags(_keep_bracketed_year(stem))
    if not tokens.comparable(_BRACKETED_YEAR.split(bare)[0]):
        bare = re.sub(r"[\[\]{}]", " ", _keep_bracketed_year(stem))  # the tag was the title: "[REC] (2007)"
    return _bracketed(bare) or _scene(bare) or _plain(bare) or _guessed(stem)


def _keep_bracketed_year(stem: str) -> str:
    # [2010] is a year, [YTS.MX] is a tag: only the first survives the removal of tags.
    return re.sub(r"[\[{]((?:18|19|20)\d\d)[\]}]", r"(\1)", stem)


def _bracketed(bare: str) -> FilmName | None:
    for found in _BRACKETED_YEAR.finditer(bare):
        title = tokens.spaced(tokens.before_quality(bare[: found.start()]))
        if title and _is_year(found[1]):
            return FilmName(title, int(found[1]), 3)
    return None


def _scene(bare: str) -> FilmName | None:
    """The last year before the quality words ends the title: `2001.A.Space.Odyssey.1968.1080p.BluRay-GRP`."""
    quality = tokens.QUALITY.search(bare)
    if not quality:
        return None
    years = [
        one for one in _LOOSE_YEAR.finditer(bare, 0, quality.start()) if _is_year(one[1]) and one.start() > 0
    ]
    if not years:
        return None
    title = tokens.spaced(bare[: years[-1].start()])
    return FilmName(title, int(years[-1][1]), 2) if title else None


def _plain(bare: str) -> FilmName | None:
    """A name without quality words: `Nosferatu 1922`, `Heat`, `七人の侍`."""
    if tokens.QUALITY.search(bare):
        return None
    years = [one for one in _LOOSE_YEAR.finditer(bare) if _is_year(one[1]) and one.start() > 0]
    if years and not bare[years[-1].end() :].strip(" ._-)"):
        title = tokens.spaced(bare[: years[-1].start()])
        return FilmName(title, int(years[-1][1]), 2) if title else None
    if years or "." in bare or "_" in bare or "-" in bare.strip("- "):
        return None
    title = tokens.tidy(bare)
    return FilmName(title) if title else None


def _guessed(stem: str) -> FilmName:
    said = guess.film(stem)
    title = tokens.tidy(said.title) or tokens.spaced(tokens.before_quality(tokens.without_tags(stem))) or stem
    return FilmName(title, said.year, 1 if said.year else 0)


def _is_year(text: str) -> bool:
    return EARLIEST_YEAR <= int(text) <= LATEST_YEAR
