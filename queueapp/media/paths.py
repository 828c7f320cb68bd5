"""File names as text the database takes, and back, whatever bytes a name holds.

A Linux file name is bytes. PostgreSQL and JSON take only valid Unicode, so each byte of a name that is not
UTF-8 is stored as one character U+F780…U+F7FF (byte 0x80…0xFF), and a name that already holds such a
character has that character's own bytes stored the same way. So the mapping is one to one:
`on_disk(stored(p)) == p`.
"""

from __future__ import annotations

import re

_FIRST_ESCAPE = 0xF700
_FIRST_SURROGATE = 0xDC00
_TO_STORE = re.compile("[\udc80-\udcff\uf780-\uf7ff]")
_STORED = re.compile("[\uf780-\uf7ff]")


def stored(path: str) -> str:
    """The form of a path (as `os` functions give it) that is kept in the database and in payloads."""
    return path if path.isascii() else _TO_STORE.sub(_escape, path)


def on_disk(text: str) -> str:
    """The path that `stored` was given; use it before opening anything."""
    if text.isascii() or not _STORED.search(text):
        return text
    as_surrogates = _STORED.sub(lambda found: chr(_FIRST_SURROGATE + ord(found[0]) - _FIRST_ESCAPE), text)
    return as_surrogates.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def readable(name: str) -> str:
    """A name for people and parsers: what is not UTF-8 is taken for Windows-1252, the usual culprit."""
    if name.isascii():
        return name
    name = on_disk(name)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return name


def join(folder: str, name: str) -> str:
    """`folder/name`, where an empty folder means `name` alone."""
    if not folder or not name:
        return folder or name
    return f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}"


def is_inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies below it; both absolute or both relative, '' is the root of all."""
    return not folder or path == folder or path.startswith(folder.rstrip("/") + "/")


def parent(path: str) -> str:
    """The folder of a path; '' for a single name."""
    return path.rpartition("/")[0]


def base_name(path: str) -> str:
    """The last component."""
    return path.rpartition("/")[2]


def split_extension(name: str) -> tuple[str, str]:
    """Stem and lower-case extension without its dot; a leading dot begins no extension."""
    stem, dot, extension = name.rpartition(".")
    return (stem, extension.lower()) if dot and stem else (name, "")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code >= _FIRST_ESCAPE:
        return "".join(chr(_FIRST_ESCAPE + byte) for byte in found[0].encode())
    return chr(_FIRST_ESCAPE + code - _FIRST_SURROGATE)
