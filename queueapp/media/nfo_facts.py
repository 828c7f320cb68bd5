"""Read from an existing NFO what identifies its title, and what it says of it."""

from __future__ import annotations

import re

from lxml import etree

from queueapp.media import details as d
from queueapp.media import nfo_xml
from queueapp.media.nfo_xml import text_of

_KINDS: dict[str, d.Kind] = {"movie": "movie", "tvshow": "show", "episodedetails": "episode"}
_URL_IDS = (
    ("tmdb", re.compile(r"themoviedb\.org/(?:movie|tv)/(\d+)")),
    ("imdb", re.compile(r"imdb\.com/title/(tt\d+)")),
    ("tvdb", re.compile(r"thetvdb\.com/.*?(?:[?&]id=|series/|movies/)(\d+)")),
)
_ID_SHAPES = {
    "tmdb": re.compile(r"\d{1,10}"),
    "imdb": re.compile(r"tt\d{5,10}"),
    "tvdb": re.compile(r"\d{1,10}"),
}
_YEAR = re.compile(r"(1[89]|20|21)\d\d")


def read(data: bytes) -> list[d.Details]:
    """The titles an NFO describes, in order; one with nothing readable gives none.

    An NFO of only an address gives no title: ask `ids_in`.
    """
    parsed = nfo_xml.parse(data)
    return [_details(root, _url_ids(parsed.urls)) for root in parsed.roots]


def ids_in(data: bytes) -> dict[str, str]:
    """The ids (tmdb, imdb, tvdb) of an NFO's first title, from its elements or the addresses beside them."""
    parsed = nfo_xml.parse(data)
    from_urls = _url_ids(parsed.urls)
    return {**from_urls, **_ids(parsed.roots[0])} if parsed.roots else from_urls


def _details(root: etree._Element, more_ids: dict[str, str]) -> d.Details:
    premiered = text_of(root, "premiered") or text_of(root, "aired")
    return d.Details(
        kind=_KINDS[root.tag],
        source="nfo",
        title=text_of(root, "title"),
        original_title=text_of(root, "originaltitle"),
        sort_title=text_of(root, "sorttitle"),
        show_title=text_of(root, "showtitle"),
        plot=text_of(root, "plot"),
        outline=text_of(root, "outline"),
        tagline=text_of(root, "tagline"),
        year=_year(premiered) or _year(text_of(root, "year")),
        premiered=premiered,
        runtime_minutes=_number(text_of(root, "runtime")),
        certification=text_of(root, "mpaa"),
        genres=_all(root, "genre"),
        countries=_all(root, "country"),
        studios=_all(root, "studio"),
        tags=_all(root, "tag"),
        directors=_all(root, "director"),
        writers=_all(root, "credits"),
        actors=_actors(root),
        ids={**more_ids, **_ids(root)},
        season=_number(text_of(root, "season")),
        episode=_number(text_of(root, "episode")),
    )


def _ids(root: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in ("id", "imdbid", "imdb_id", "tmdbid", "tvdbid"):
        value = text_of(root, tag)
        kind = "imdb" if value.startswith("tt") else {"tmdbid": "tmdb", "tvdbid": "tvdb"}.get(tag, "")
        _keep(found, kind, value)
    for element in root.iterfind("uniqueid"):
        value = (element.text or "").strip()
        kind = (element.get("type") or ("imdb" if value.startswith("tt") else "")).strip().lower()
        _keep(found, {"themoviedb": "tmdb", "thetvdb": "tvdb"}.get(kind, kind), value)
    return found


def _keep(found: dict[str, str], kind: str, value: str) -> None:
    shape = _ID_SHAPES.get(kind)
    if shape and shape.fullmatch(value):
        found[kind] = value


def _url_ids(urls: list[str]) -> dict[str, str]:
    return {kind: match[1] for url in urls for kind, shape in _URL_IDS if (match := shape.search(url))}


def _all(root: etree._Element, tag: str) -> list[str]:
    return [text for element in root.iterfind(tag) if (text := (element.text or "").strip())]


def _actors(root: etree._Element) -> list[d.Person]:
    found = [
        d.Person(
            name=text_of(actor, "name"),
            role=text_of(actor, "role"),
            thumb_url=text_of(actor, "thumb") or None,
        )
        for actor in root.iterfind("actor")
    ]
    return [person.model_copy(update={"order": order}) for order, person in enumerate(found) if person.name]


def _year(text: str) -> int | None:
    match = _YEAR.match(text)
    return int(match[0]) if match else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
