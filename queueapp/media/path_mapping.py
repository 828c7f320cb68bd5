"""The same folder under another program's name for it: longest prefix wins, Windows paths understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from queueapp.errors import Permanent

_WINDOWS = re.compile(r"^(?:[A-Za-z]:|\\\\)")


@dataclass(frozen=True)
class Mapping:
    """`ours` as this program sees a folder, `theirs` as the other one does."""

    ours: str
    theirs: str


class NoMapping(Permanent):
    """No mapping covers a path; the message says which is missing."""


def to_theirs(path: str, mappings: Iterable[Mapping], whose: str) -> str:
    """Our path in their spelling; without any mapping both are taken to see the same paths.

    Raises NoMapping when mappings are given and none covers the path.
    """
    return _mapped(path, [(mapping.ours, mapping.theirs) for mapping in mappings], whose)


def to_ours(path: str, mappings: Iterable[Mapping], whose: str) -> str:
    """Their path in our spelling; the inverse of `to_theirs`."""
    return _mapped(path, [(mapping.theirs, mapping.ours) for mapping in mappings], whose)


def is_same(path: str, other: str) -> bool:
    """Whether two spellings of one program name the same file."""
    return _rest(path, other) == []


def _mapped(path: str, pairs: list[tuple[str, str]], whose: str) -> str:
    if not pairs:
        return path
    for source, target in sorted(pairs, key=lambda pair: -len(_parts(pair[0]))):
        rest = _rest(path, source)
        if rest is not None:
            return _joined(target, rest)
    known = ", ".join(source for source, _ in pairs)
    raise NoMapping(f"no path mapping of {whose} covers {path}; it has mappings for {known}: add one")


def _rest(path: str, prefix: str) -> list[str] | None:
    """The components of `path` below `prefix`, None when it does not lie there."""
    parts, wanted = _parts(path), _parts(prefix)
    ignore_case = bool(_WINDOWS.match(prefix) or _WINDOWS.match(path))
    head = parts[: len(wanted)]
    equal = (
        [one.casefold() for one in head] == [one.casefold() for one in wanted]
        if ignore_case
        else head == wanted
    )
    return parts[len(wanted) :] if equal else None


def _parts(path: str) -> list[str]:
    # A backslash is a separator only on Windows; elsewhere it may be part of a name.
    text = path.replace("\\", "/") if _WINDOWS.match(path) else path
    root = "//" if text.startswith("//") else "/" if text.startswith("/") else ""
    return [*([root] if root else []), *(part for part in text.split("/") if part)]


def _joined(target: str, rest: list[str]) -> str:
    separator = "\\" if _WINDOWS.match(target) and "/" not in target else "/"
    stem = target.rstrip("/\\")
    return separator.join([stem, *rest]) if rest else target
