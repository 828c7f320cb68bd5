"""The filter of the media list as it stands in the URL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from flask import url_for
from werkzeug.datastructures import MultiDict

from queueapp.models.media import MatchState, MediaKind, MediaStatus
from queueapp.services.library.library_views import LibraryView
from queueapp.services.title.media import ORDERS, MediaFilter
from webui.pages.task_query import Choice

LIMIT = 60
KINDS: dict[str, tuple[str, tuple[MediaKind, ...]]] = {
    "": ("All", (MediaKind.MOVIE, MediaKind.SHOW)),
    "movies": ("Films", (MediaKind.MOVIE,)),
    "shows": ("Series", (MediaKind.SHOW,)),
}
#: Titles that have no file yet; they are no entries of the list of titles.
EXPECTED = "expected"
STATES: dict[str, str] = {
    "": "Every state",
    "unsure": "Match unsure",
    "unmatched": "No match",
    "gone": "Gone",
    EXPECTED: "Expected",
}
ORDER_LABELS = {"title": "By title", "added_at": "Newest first", "year": "By year"}


@dataclass(frozen=True, slots=True)
class MediaQuery:
    """What the list shall show; unknown values in the URL count as not given."""

    kind: str = ""
    state: str = ""
    library: int | None = None
    q: str = ""
    order: str = "title"
    view: str = "grid"
    offset: int = 0

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Self:
        """Read the query string."""
        order, view = args.get("order", "title"), args.get("view", "grid")
        return cls(
            kind=args.get("kind", "") if args.get("kind") in KINDS else "",
            state=args.get("state", "") if args.get("state") in STATES else "",
            library=args.get("library", type=int),
            q=args.get("q", "").replace("\0", "").strip(),
            order=order if order in ORDERS and order in ORDER_LABELS else "title",
            view=view if view in ("grid", "list") else "grid",
            offset=min(max(0, args.get("from", 0, type=int)), 10_000_000),
        )

    def filter(self) -> MediaFilter:
        """The service's filter."""
        gone = self.state == "gone"
        return MediaFilter(
            library_id=self.library,
            kind=KINDS[self.kind][1],
            status=(MediaStatus.GONE,) if gone else (MediaStatus.PRESENT,),
            match_state=(MatchState(self.state),) if self.state in set(MatchState) else (),
            q=self.q,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.kind or self.state or self.library or self.q or self.offset)

    @property
    def state_label(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def order_label(self) -> str:
        """The order in words."""
        return ORDER_LABELS[self.order]

    def url(self, **changes: Any) -> str:
        """The list's address with some of the filter changed, from its first page."""
        changed = replace(self, **{"offset": 0, **changes})
        return url_for("pages.media.index", **changed.args())

    def args(self) -> dict[str, Any]:
        """The query string without what is as usual."""
        given = {
            "kind": self.kind,
            "state": self.state,
            "library": self.library,
            "q": self.q,
            "order": self.order if self.order != "title" else "",
            "view": self.view if self.view != "grid" else "",
            "from": self.offset,
        }
        return {name: value for name, value in given.items() if value}

    def hidden_fields(self) -> list[tuple[str, Any]]:
        """What the search form carries along besides its words."""
        return [(name, value) for name, value in self.args().items() if name not in ("q", "from")]

    def kind_choices(self) -> list[Choice]:
        """Films, series or both."""
        return [Choice(label, self.url(kind=key), self.kind == key) for key, (label, _) in KINDS.items()]

    def state_choices(self) -> list[Choice]:
        """The states to look for."""
        return [Choice(label, self.url(state=key), self.state == key) for key, label in STATES.items()]

    def order_choices(self) -> list[Choice]:
        """The orders there are."""
        return [Choice(label, self.url(order=key), self.order == key) for key, label in ORDER_LABELS.items()]

    def library_choices(self, libraries: list[LibraryView]) -> list[Choice]:
        """All libraries, and each there is."""
        every = [Choice("All libraries", self.url(library=None), self.library is None)]
        return every + [
            Choice(each.name, self.url(library=each.id), self.library == each.id) for each in libraries
        ]
