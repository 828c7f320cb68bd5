"""The elements of a film's NFO."""

from __future__ import annotations

from lxml import etree

from queueapp.media.details import Collection, Details, StreamDetails
from queueapp.media.nfo_elements import Elements, optional, shared, stream_details, text_element

ROOT = "movie"


def elements(details: Details, streams: StreamDetails | None) -> dict[str, Elements]:
    """The elements of a film by tag; an unknown fact gives an empty list."""
    return {
        **shared(details),
        "set": _set(details.collection),
        # Kodi takes the year from premiered and reads <year> only without it; others read <year> alone.
        "premiered": optional("premiered", details.premiered),
        "year": optional("year", details.year),
        "status": optional("status", details.status),
        "fileinfo": stream_details(streams),
    }


def _set(collection: Collection | None) -> Elements:
    if collection is None or not collection.name:
        return []
    element = etree.Element("set")
    element.append(text_element("name", collection.name))
    element.extend(optional("overview", collection.overview))
    return [element]
