"""The elements of an NFO that films, shows and episodes share, in the spelling that Kodi reads."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from queueapp.media import details as d
from queueapp.media import language
from queueapp.media.nfo_xml import clean

Elements = list[etree._Element]


def text_element(tag: str, text: object, **attributes: str) -> etree._Element:
    """`<tag …>text</tag>` with characters that XML forbids left out."""
    element = etree.Element(tag, {name: clean(value) for name, value in attributes.items()})
    element.text = clean(str(text)).strip()
    return element


def optional(tag: str, value: object) -> Elements:
    """One element, or none when `value` is unknown."""
    return [text_element(tag, value)] if value not in (None, "") else []


def repeated(tag: str, values: Iterable[str]) -> Elements:
    """One element per value; Kodi splits "A / B" in two, so it is split here, where it is seen."""
    parts = (part.strip() for value in values for part in value.split(" / "))
    return [text_element(tag, part) for part in dict.fromkeys(parts) if part]


def names(tag: str, values: Iterable[str]) -> Elements:
    """One element per name; a name that holds " / " is one person or studio, not two."""
    return [
        text_element(tag, name)
        for name in dict.fromkeys(v.strip().replace(" / ", "/") for v in values)
        if name
    ]


def ratings(values: Iterable[d.Rating]) -> Elements:
    """`<ratings>` with the first as default; Kodi drops what is ≤ 0 or above the scale, so do we."""
    usable = [rating for rating in values if 0 < rating.value <= rating.maximum]
    if not usable:
        return []
    parent = etree.Element("ratings")
    for number, rating in enumerate(usable):
        default = {"default": "true"} if number == 0 else {}
        entry = etree.SubElement(
            parent, "rating", {"name": rating.name, "max": str(rating.maximum), **default}
        )
        entry.append(text_element("value", f"{rating.value:.3f}".rstrip("0").rstrip(".")))
        entry.append(text_element("votes", max(rating.votes, 0)))
    return [parent]


def unique_ids(ids: dict[str, str]) -> Elements:
    """One `<uniqueid>` per id, each with its type, exactly one of them the default."""
    default = d.default_id_type(ids)
    ordered = sorted(ids, key=lambda kind: (kind != default, kind))
    return [
        text_element("uniqueid", ids[kind], type=kind, **({"default": "true"} if kind == default else {}))
        for kind in ordered
        if ids[kind]
    ]


def actors(people: Iterable[d.Person]) -> Elements:
    """One `<actor>` per person, in billing order."""
    found: Elements = []
    for order, person in enumerate(sorted(people, key=lambda one: one.order)):
        element = etree.Element("actor")
        element.append(text_element("name", person.name))
        element.extend(optional("role", person.role))
        element.append(text_element("order", order))
        element.extend(optional("thumb", person.thumb_url))
        found.append(element)
    return found


def thumbs(values: Iterable[d.Thumb]) -> dict[str, Elements]:
    """`<thumb>` per picture, those of seasons marked so, and backdrops inside one `<fanart>`."""
    flat: Elements = []
    fanart = etree.Element("fanart")
    for thumb in values:
        if thumb.aspect == "fanart" and thumb.season is None:
            fanart.append(text_element("thumb", thumb.url))
        else:
            season = {"type": "season", "season": str(thumb.season)} if thumb.season is not None else {}
            flat.append(text_element("thumb", thumb.url, aspect=thumb.aspect, **season))
    return {"thumb": flat, "fanart": [fanart] if len(fanart) else []}


def stream_details(streams: d.StreamDetails | None) -> Elements:
    """`<fileinfo><streamdetails>`: codecs lower-cased, languages as ISO 639-2/B."""
    if streams is None or not (streams.video or streams.audio):
        return []
    info = etree.Element("fileinfo")
    parent = etree.SubElement(info, "streamdetails")
    for video in streams.video:
        aspect = f"{video.aspect:.3f}" if video.aspect else None
        _stream(
            parent,
            "video",
            codec=video.codec.lower(),
            aspect=aspect,
            width=video.width,
            height=video.height,
            durationinseconds=video.duration_seconds,
            hdrtype=video.hdr_type,
        )
    for audio in streams.audio:
        spoken = language.three_letters(audio.language)
        _stream(parent, "audio", codec=audio.codec.lower(), language=spoken, channels=audio.channels)
    for code in streams.subtitle_languages:
        _stream(parent, "subtitle", language=language.three_letters(code))
    return [info]


def shared(details: d.Details) -> dict[str, Elements]:
    """The elements, by tag, that all three kinds have."""
    return {
        "title": optional("title", details.title),
        "originaltitle": optional("originaltitle", details.original_title),
        "sorttitle": optional("sorttitle", details.sort_title),
        "ratings": ratings(details.ratings),
        "outline": optional("outline", details.outline),
        "plot": optional("plot", details.plot),
        "tagline": optional("tagline", details.tagline),
        "runtime": optional("runtime", details.runtime_minutes or None),
        "mpaa": optional("mpaa", details.certification),
        "uniqueid": unique_ids(details.ids),
        "genre": repeated("genre", details.genres),
        "country": repeated("country", details.countries),
        "tag": repeated("tag", details.tags),
        "credits": names("credits", details.writers),
        "director": names("director", details.directors),
        "studio": names("studio", details.studios),
        "trailer": optional("trailer", details.trailer),
        "actor": actors(details.actors),
        **thumbs(details.thumbs),
    }


def _stream(parent: etree._Element, tag: str, **values: object) -> None:
    element = etree.SubElement(parent, tag)
    for name, value in values.items():
        element.extend(optional(name, value))
