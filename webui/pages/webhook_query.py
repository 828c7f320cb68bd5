"""The filter of the list of webhooks as it stands in the URL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from flask import url_for
from werkzeug.datastructures import MultiDict

from queueapp.models.webhook import Outcome
from queueapp.services.arr.webhooks import WebhookFilter
from webui.pages.task_query import Choice

LIMIT = 50
OUTCOMES: dict[str, str] = {
    "": "Any outcome",
    "task": "Done by a task",
    "duplicate": "Told before",
    "recorded": "Recorded",
    "ignored": "Ignored",
    "error": "Failed",
    "waiting": "Waiting",
    "received": "Just received",
}


@dataclass(frozen=True, slots=True)
class WebhookQuery:
    """What the list shall show; unknown values in the URL count as not given."""

    source: str = ""
    event: str = ""
    outcome: str = ""
    q: str = ""
    #: Webhooks older than this one: the page begins there.
    before: str = ""

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Self:
        """Read the query string."""
        given = {
            name: args.get(name, "").replace("\0", "").strip()[:200] for name in ("source", "event", "q")
        }
        outcome, before = args.get("outcome", ""), args.get("before", "")
        return cls(
            **given,
            outcome=outcome if outcome in OUTCOMES else "",
            before=before if before.isascii() and before.isdigit() and len(before) < 19 else "",
        )

    def filter(self) -> WebhookFilter:
        """The service's filter."""
        return WebhookFilter(
            source=[self.source] if self.source else [],
            event=[self.event] if self.event else [],
            outcome=[Outcome(self.outcome)] if self.outcome else [],
            q=self.q,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.source or self.event or self.outcome or self.q)

    @property
    def outcome_label(self) -> str:
        """The outcome in words."""
        return OUTCOMES[self.outcome]

    def url(self, **changes: Any) -> str:
        """The list's address with some of the filter changed, from its first page."""
        return url_for("pages.webhooks.index", **replace(self, **{"before": "", **changes}).args())

    def args(self) -> dict[str, Any]:
        """The query string without what is as usual."""
        names = ("source", "event", "outcome", "q", "before")
        return {name: value for name in names if (value := getattr(self, name))}

    def hidden_fields(self) -> list[tuple[str, Any]]:
        """What the search form carries along besides its words."""
        return [(name, value) for name, value in self.args().items() if name not in ("q", "before")]

    def outcome_choices(self) -> list[Choice]:
        """The outcomes there are."""
        return [Choice(label, self.url(outcome=key), self.outcome == key) for key, label in OUTCOMES.items()]

    def source_choices(self, sources: list[str]) -> list[Choice]:
        """All senders, and each there is."""
        every = [Choice("Every sender", self.url(source=""), not self.source)]
        return every + [Choice(one, self.url(source=one), self.source == one) for one in sources]

    def event_choices(self, events: list[str]) -> list[Choice]:
        """All events, and each there is."""
        every = [Choice("Every event", self.url(event=""), not self.event)]
        return every + [Choice(one, self.url(event=one), self.event == one) for one in events]
