"""The items of a task, nested by what they are about: one film with its analyze, enrich and publish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: Statuses that tell most about a group, strongest first.
_STRONGEST = ("failed", "running", "canceling", "retrying", "waiting", "scheduled", "paused", "queued")


@dataclass(slots=True)
class Group:
    """Items that share a subject; items without one stand alone under their own title."""

    name: str
    items: list[Any] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """The first thing that went wrong here."""
        return next((item.error_message for item in self.items if item.error_message), None)

    @property
    def note(self) -> str | None:
        """What there is to say now: why something waits, or what runs."""
        for item in self.items:
            if item.display_status in ("running", "retrying", "waiting", "scheduled", "paused"):
                said = item.waiting_for or item.message
                if said:
                    return str(said)
        return None

    @property
    def rank(self) -> int:
        """Failed groups first, then what runs, then what waits, then what is over."""
        found = {str(item.display_status) for item in self.items}
        return next((n for n, status in enumerate(_STRONGEST[:2]) if status in found), len(_STRONGEST))


def by_subject(items: Iterable[Any]) -> list[Group]:
    """Nest items by subject, in order of first appearance, with failed and running groups ahead."""
    groups: dict[str, Group] = {}
    for item in items:
        key = f"subject {item.subject}" if item.subject else f"item {item.id}"
        group = groups.setdefault(key, Group(item.subject or item.title or item.type))
        group.items.append(item)
    return sorted(groups.values(), key=lambda group: group.rank)
