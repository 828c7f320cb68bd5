"""What container a file is, by its first bytes."""

from __future__ import annotations

import enum
from pathlib import Path

_EBML = b"\x1a\x45\xdf\xa3"
#: Boxes that an MP4 or QuickTime file begins with.
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
#: What a file should be that is named so.
_BY_SUFFIX = {".mkv": "Matroska", ".webm": "WebM", ".mp4": "MP4", ".m4v": "MP4", ".mov": "QuickTime"}


class Container(enum.StrEnum):
    """A container whose flags can be changed; MP4 and MOV by ffmpeg's names of them."""

    MATROSKA = "matroska"
    MP4 = "mp4"
    MOV = "mov"


class Unsupported(Exception):
    """The file is of another kind; the message says of which."""


class Damaged(Exception):
    """The file is not what its name says; the message says what is wrong."""


def container_of(path: Path) -> Container:
    """The container of a file. Raises Unsupported, Damaged, OSError."""
    with path.open("rb") as file:
        start = file.read(12)
    if start.startswith(_EBML):
        return Container.MATROSKA
    if start[4:8] in _BOXES:
        # QuickTime files older than the box of brands begin with another one.
        is_quicktime = start[4:8] != b"ftyp" or start[8:12] == b"qt  "
        return Container.MOV if is_quicktime else Container.MP4
    expected = _BY_SUFFIX.get(path.suffix.lower())
    if not start:
        raise Damaged("the file is empty (0 bytes)")
    if expected:
        raise Damaged(f"the file is damaged: it does not begin as a {expected} file does")
    raise Unsupported(
        f"{path.suffix.lower() or 'this kind of file'} is no container whose flags can be changed"
    )
