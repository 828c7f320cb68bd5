"""What of an existing NFO stays when a new one is written over it."""

from __future__ import annotations

import copy
import re

from lxml import etree

from queueapp.media.nfo_elements import Elements, text_element
from queueapp.media.nfo_xml import text_of

#: Kodi's order of elements; whatever else an NFO holds comes behind, as it stood.
ORDER = (
    *("title", "originaltitle", "showtitle", "sorttitle", "ratings", "userrating", "top250", "season"),
    *("episode", "outline", "plot", "tagline", "runtime", "mpaa", "playcount", "lastplayed", "watched"),
    *("uniqueid", "genre", "country", "set", "tag", "credits", "director", "premiered", "year", "aired"),
    *("enddate", "status", "studio", "trailer", "namedseason", "episodeguide", "thumb", "fanart", "actor"),
    *("fileinfo", "resume", "dateadded", "lockdata", "lockedfields"),
)
#: What a person's use of the film made; never ours to write.
USER_TAGS = frozenset(
    (
        *("userrating", "playcount", "lastplayed", "watched", "resume", "dateadded"),
        *("lockdata", "lockedfields", "top250"),
    )
)
#: Older spellings, dropped once the element that replaced them is written.
_SUPERSEDED = {
    "rating": "ratings",
    "votes": "ratings",
    "id": "uniqueid",
    "tmdbid": "uniqueid",
    "imdbid": "uniqueid",
}
#: Jellyfin's names of locked fields, by the elements they protect; any other name is an element's own.
_LOCKS: dict[str, tuple[str, ...]] = {
    "name": ("title", "originaltitle", "sorttitle", "showtitle"),
    "overview": ("plot", "outline", "tagline"),
    "genres": ("genre",),
    "cast": ("actor", "director", "credits"),
    "studios": ("studio",),
    "tags": ("tag",),
    "officialrating": ("mpaa",),
    "productionlocations": ("country",),
}
#: Even a locked NFO learns what the file's streams are: that is measured, not edited.
_MEASURED = frozenset({"fileinfo", "season", "episode"})
_IMDB = re.compile(r"tt\d{5,10}")


def merge(root: str, ours: dict[str, Elements], existing: etree._Element | None) -> etree._Element:
    """A new `<root>`: our elements where we know something, else what stood there before.

    Locked elements, a person's own fields and unknown elements stay as they were. Merging the
    result again changes nothing.
    """
    theirs = _by_tag(existing)
    result = etree.Element(root, dict(existing.attrib) if existing is not None else {})
    locked = locked_tags(existing)
    ours = {
        **ours,
        "uniqueid": _union_of_ids(ours.get("uniqueid", []), theirs),
        "tag": _union(ours, theirs, "tag"),
    }
    for tag in dict.fromkeys((*ORDER, *theirs)):
        if existing is not None and (tag in USER_TAGS or _is_locked(tag, locked)):
            result.extend(theirs.get(tag, []))
        elif ours.get(_SUPERSEDED.get(tag, "")):
            continue
        else:
            result.extend(ours.get(tag) or theirs.get(tag, []))
    return result


def locked_tags(existing: etree._Element | None) -> frozenset[str]:
    """The element names that the NFO itself says must not change; `*` among them means all."""
    if existing is None:
        return frozenset()
    if text_of(existing, "lockdata").lower() == "true":
        return frozenset({"*"})
    names = (part.strip().lower() for part in text_of(existing, "lockedfields").split("|"))
    return frozenset(tag for name in names if name for tag in _LOCKS.get(name, (name,)))


def _is_locked(tag: str, locked: frozenset[str]) -> bool:
    return tag in locked or ("*" in locked and tag not in _MEASURED)


def _by_tag(existing: etree._Element | None) -> dict[str, Elements]:
    found: dict[str, Elements] = {}
    for child in existing if existing is not None else ():
        tag = child.tag if isinstance(child.tag, str) else ""
        known = tag.lower() if tag.lower() in ORDER else tag
        kept = copy.deepcopy(child)
        kept.tail = None
        if tag:
            kept.tag = known
        found.setdefault(known, []).append(kept)
    return found


def _union(ours: dict[str, Elements], theirs: dict[str, Elements], tag: str) -> Elements:
    seen: dict[str, etree._Element] = {}
    for element in (*theirs.get(tag, []), *ours.get(tag, [])):
        seen.setdefault((element.text or "").strip().lower(), element)
    return [element for text, element in seen.items() if text]


def _union_of_ids(ours: Elements, theirs: dict[str, Elements]) -> Elements:
    types = {element.get("type") for element in ours}
    kept: Elements = []
    for element in (*theirs.get("uniqueid", []), *theirs.get("id", [])):
        value = (element.text or "").strip()
        # Without a type Kodi lets the entry overwrite the default id, so each gets one.
        kind = (element.get("type") or ("imdb" if _IMDB.fullmatch(value) else "unknown")).strip().lower()
        if value and kind not in types and not (element.tag == "id" and kind == "unknown"):
            types.add(kind)
            is_default = not ours and element.get("default", "").lower() == "true"
            kept.append(
                text_element("uniqueid", value, type=kind, **({"default": "true"} if is_default else {}))
            )
    merged = [*ours, *kept]
    if merged and not any(element.get("default") for element in merged):
        merged[0].set("default", "true")
    return merged
