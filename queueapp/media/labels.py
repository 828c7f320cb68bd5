"""How a title is called in lists, task items and logs."""

from __future__ import annotations

from collections.abc import Sequence


def label(
    kind: str,
    title: str,
    year: int | None = None,
    *,
    show: str = "",
    season: int | None = None,
    episodes: Sequence[int] = (),
    air_date: str = "",
) -> str:
    """`Nosferatu (1922)`, `Foundation (2021)`, `Foundation S01E02-E03`, `Foundation Season 1`."""
    if kind == "episode":
        return f"{show} {_numbers(season, episodes) or air_date or title}".strip()
    if kind == "season":
        return f"{show} {title}".strip()
    return f"{title} ({year})" if year else title


def _numbers(season: int | None, episodes: Sequence[int]) -> str:
    if not episodes:
        return ""
    last = f"-E{episodes[-1]:02d}" if len(episodes) > 1 else ""
    return f"S{season or 0:02d}E{episodes[0]:02d}{last}"
