"""Write and read Kodi NFO files (facts: kodi.wiki NFO_files, Kodi's VideoInfoTag.cpp)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from queueapp.media import nfo_movie, nfo_tv, nfo_xml
from queueapp.media.details import Details, StreamDetails
from queueapp.media.nfo_elements import Elements
from queueapp.media.nfo_merge import merge


@dataclass(frozen=True)
class Entry:
    """One title to write, with the streams of its file."""

    details: Details
    streams: StreamDetails | None = None


@dataclass(frozen=True)
class Written:
    """The bytes of an NFO, and whether the one before was damaged so that parts of it could not be kept."""

    content: bytes
    mended: bool


def render(entries: Sequence[Entry], existing: bytes | None = None) -> Written:
    """The NFO for one title, or for all episodes of one file, merged with what stands there now.

    Several episodes give several `<episodedetails>` in a row, as Kodi wants them.
    """
    parsed = nfo_xml.parse(existing) if existing else nfo_xml.ParsedNfo()
    tags = {_root_and_elements(entry)[0] for entry in entries}
    before = [root for root in parsed.roots if root.tag in tags]
    pairs = _paired(entries, before)
    roots = [_merged(entry, pairs.get(number)) for number, entry in enumerate(entries)]
    if pairs and tags == {nfo_tv.EPISODE_ROOT}:
        used = {id(root) for root in pairs.values()}
        roots = sorted([*roots, *(root for root in before if id(root) not in used)], key=_numbers)
    return Written(nfo_xml.serialise(roots, parsed.urls), parsed.mended)


def _merged(entry: Entry, existing: etree._Element | None) -> etree._Element:
    root, elements = _root_and_elements(entry)
    return merge(root, elements, existing)


def _root_and_elements(entry: Entry) -> tuple[str, dict[str, Elements]]:
    if entry.details.kind == "movie":
        return nfo_movie.ROOT, nfo_movie.elements(entry.details, entry.streams)
    if entry.details.kind == "show":
        return nfo_tv.SHOW_ROOT, nfo_tv.show_elements(entry.details)
    return nfo_tv.EPISODE_ROOT, nfo_tv.episode_elements(entry.details, entry.streams)


def _paired(entries: Sequence[Entry], before: list[etree._Element]) -> dict[int, etree._Element]:
    """Which existing element belongs to which entry: episodes by number, a lone unnumbered one anyway."""
    if entries and entries[0].details.kind != "episode":
        return {0: before[0]} if before else {}
    by_numbers = {_numbers(root): root for root in reversed(before)}
    pairs = {
        number: by_numbers[key]
        for number, entry in enumerate(entries)
        if (key := (entry.details.season or 0, entry.details.episode or 0)) in by_numbers
    }
    if not pairs and len(entries) == len(before) == 1 and not nfo_xml.text_of(before[0], "episode"):
        return {0: before[0]}
    return pairs


def _numbers(root: etree._Element) -> tuple[int, int]:
    return _integer(root, "season"), _integer(root, "episode")


def _integer(root: etree._Element, tag: str) -> int:
    text = nfo_xml.text_of(root, tag)
    return int(text) if text.isascii() and text.isdigit() else 0
