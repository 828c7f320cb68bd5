"""guessit, asked only when the patterns do not decide: it takes some 6 ms a name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Guess:
    """What guessit makes of a name; it may be wrong."""

    title: str = ""
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    episode_title: str = ""


@lru_cache(maxsize=4096)
def film(name: str) -> Guess:
    """The guess for a film's name."""
    said = _ask(name, "movie")
    return Guess(title=_text(said.get("title")), year=_number(said.get("year")))


@lru_cache(maxsize=4096)
def episode(name: str) -> Guess:
    """The guess for an episode's name."""
    said = _ask(name, "episode")
    numbers = said.get("episode")
    many = numbers if isinstance(numbers, list) else [numbers]
    return Guess(
        title=_text(said.get("title")),
        year=_number(said.get("year")),
        season=_number(said.get("season")),
        episodes=tuple(sorted({one for one in many if isinstance(one, int)})),
        episode_title=_text(said.get("episode_title")),
    )


def _ask(name: str, kind: str) -> dict[str, Any]:
    # Its import alone takes a third of a second, which most scans never need.
    import guessit

    try:
        return dict(guessit.guessit(f"{name}.mkv", {"type": kind, "single_value": False}))
    except guessit.api.GuessitException:
        return {}


def _text(value: Any) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else ""


def _number(value: Any) -> int | None:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, int) else None
