"""A picture as a provider offers it, before it is stored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Offered:
    """One picture: sizes in pixels (0 unknown), `season` for art of a season, `label` an actor's name."""

    provider: str
    kind: str
    url: str
    season: int | None = None
    label: str = ""
    language: str = ""
    width: int = 0
    height: int = 0
    votes: int = 0
    vote_average: float = 0.0
