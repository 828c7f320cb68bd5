"""What everybody should know at once: work is paused, or nobody is there to do it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from queueapp.connectors import tmdb_lists
from queueapp.connectors.circuit import CircuitView
from queueapp.ledger import reads
from queueapp.models.control import Pause
from queueapp.services import circuits
from queueapp.services.lists import trouble
from webui.context import runtime
from webui.pages import words
from webui.pages.reading import session


@dataclass(frozen=True, slots=True)
class Banner:
    """A line across the page; `tone` is a status whose colour it takes."""

    text: str
    icon: str = "warning"
    tone: str = "warning"
    #: the pause that a button on it ends: an operation, or "" for everything
    resumes: str | None = None
    #: the provider that a button on it has tried again
    retries: str | None = None


def current() -> list[Banner]:
    """The banners of now."""
    found = [_paused(pause) for pause in session().scalars(sa.select(Pause).order_by(Pause.scope))]
    if not reads.workers_alive(session()):
        found.append(Banner("No worker is running: tasks wait in the queue until one starts.", tone="failed"))
    # Those of TMDB users' own access are told of with what they keep waiting.
    left_alone = [one for one in circuits.list_circuits(runtime()) or () if one.name != tmdb_lists.NAME]
    found += map(_circuit, left_alone)
    return found + [Banner(text) for text in trouble.find(session())]


def _circuit(one: CircuitView) -> Banner:
    since = f"since {words.utc(one.opened_at)}: {one.reason}."
    if one.kind == "credentials":
        text = f"{one.name} refuses our credentials {since} What needs it waits until a person has acted."
    else:
        text = f"{one.name} keeps failing {since} What needs it waits; it is tried again by itself."
    return Banner(text, tone="failed", retries=one.name)


def _paused(pause: Pause) -> Banner:
    what = "Everything is" if pause.scope == "*" else f"Operation {pause.scope} is"
    by = f" by {pause.paused_by}" if pause.paused_by else ""
    return Banner(
        f"{what} paused{by} since {words.utc(pause.paused_at)}.",
        "pause",
        "paused",
        "" if pause.scope == "*" else pause.scope,
    )
