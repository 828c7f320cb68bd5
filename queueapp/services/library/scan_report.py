"""What a scan tells people: counts, problems, and the plan of a dry run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from queueapp.media import paths
from queueapp.media.labels import label
from queueapp.media.plan import Match, Plan
from queueapp.media.survey import Survey
from queueapp.media.walk import Problem, Walk
from queueapp.models.library import Library

#: Lines of a kind that are logged; the result counts all.
_MOST_LINES = 200


class Log(Protocol):
    """Takes lines and warnings."""

    def log(self, message: str, level: str = "info") -> None:
        """Add a line to the item's log."""

    def warn(self, message: str) -> None:
        """Add a warning to the task."""


def tell_problems(log: Log, walk: Walk, seen: Survey) -> None:
    """Log what could not be read and what only looked like a title; warn of the former in one line."""
    for problem in [*walk.problems, *seen.remarks][:_MOST_LINES]:
        log.log(f"{_shown(problem)} {problem.message}", "warning")
    if walk.unreadable:
        names = ", ".join(paths.readable(one) or "the folder itself" for one in walk.unreadable[:5])
        more = ", …" if len(walk.unreadable) > 5 else ""
        log.warn(
            f"{len(walk.unreadable)} places could not be read; what is known of them stays: {names}{more}"
        )


def result(log: Log, library: Library, walk: Walk, seen: Survey, plan: Plan, chained: int) -> dict[str, Any]:
    """Log what changed, and return the item's result."""
    _log_plan(log, plan, "")
    counts = _counts(walk, seen, plan)
    log.log(
        f"{counts['files']:,} files in {counts['folders']:,} folders: {counts['new']:,} new, "
        f"{counts['changed']:,} changed, {counts['moved']:,} moved, {counts['gone']:,} gone; "
        f"{chained:,} titles go on"
    )
    return {"library_id": library.id, **counts, "chained": chained}


def dry_run(log: Log, walk: Walk, seen: Survey, plan: Plan) -> dict[str, Any]:
    """Log and return what a scan would do; nothing has been written."""
    _log_plan(log, plan, "would be ")
    shows = _show_titles(plan)
    return {
        "dry_run": True,
        **_counts(walk, seen, plan),
        "would_add": _labels(plan.new, shows),
        "would_update": _labels([*plan.changed, *plan.returned], shows),
        "would_move": [
            {"title": one.known.label, "from": one.known.main_path, "to": paths.stored(one.found.main.path)}
            for one in plan.moved[:_MOST_LINES]
            if one.known and one.found.main
        ],
        "would_mark_gone": [one.label for one in plan.gone[:_MOST_LINES]],
    }


def _counts(walk: Walk, seen: Survey, plan: Plan) -> dict[str, Any]:
    return {
        "files": walk.files_seen,
        "folders": walk.folders_seen,
        "unchanged_folders": seen.unchanged_units,
        "new": len(plan.new),
        "changed": len(plan.changed) + len(plan.returned),
        "moved": len(plan.moved),
        "gone": len(plan.gone),
        "looked_at": {kind.value: number for kind, number in sorted(seen.counts.items())},
        "unreadable": [paths.stored(one) for one in walk.unreadable[:_MOST_LINES]],
        "not_titles": len(seen.remarks),
    }


def _log_plan(log: Log, plan: Plan, would: str) -> None:
    shows = _show_titles(plan)
    said = [
        *(f"{name} {would or 'was '}added" for name in _labels(plan.new, shows)),
        *(f"{name} {would or 'has '}changed" for name in _labels(plan.changed, shows)),
        *(f"{name} {would or 'has '}moved" for name in _labels(plan.moved, shows)),
        *(f"{name} {would or 'is '}back" for name in _labels(plan.returned, shows)),
        *(f"{one.label} {would + 'marked' if would else 'is'} gone" for one in plan.gone),
    ]
    for line in said[:_MOST_LINES]:
        log.log(line)
    if len(said) > _MOST_LINES:
        log.log(f"… and {len(said) - _MOST_LINES:,} more")


def _labels(matches: Iterable[Match], shows: dict[str, str]) -> list[str]:
    found = (one.found for one in list(matches)[:_MOST_LINES])
    return [
        label(
            one.kind,
            one.title,
            one.year,
            show=shows.get(one.show_key, ""),
            season=one.season,
            episodes=one.episodes,
            air_date=one.aired.isoformat() if one.aired else "",
        )
        for one in found
    ]


def _show_titles(plan: Plan) -> dict[str, str]:
    return {one.found.key: one.found.title for one in plan.matches if one.found.kind == "show"}


def _shown(problem: Problem) -> str:
    return paths.readable(problem.path) or "the folder itself"
