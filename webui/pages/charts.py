"""Charts of the overview: bars in an SVG made by the server, with the same figures in words."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from queueapp.ledger import history
from queueapp.ledger.history import Span
from webui.pages import words

#: The ranges to choose from: words, seconds of a bar, bars.
RANGES = {
    "1h": ("1 hour", 60, 60),
    "24h": ("24 hours", 1800, 48),
    "7d": ("7 days", 4 * 3600, 42),
}
USUAL = "24h"
#: Figures are read anew at most this often in a process.
KEPT_SECONDS = 5.0
#: Units of the drawing: a bar with its gap, and the height.
STEP, WIDTH, HEIGHT = 10, 7, 100

_kept: dict[str, tuple[float, list[Span]]] = {}


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar, and what it says."""

    x: float
    y: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One series over time."""

    title: str
    tone: str
    total: int
    #: the value of the top line
    top: int
    bars: list[ChartBar]
    first: str
    middle: str

    @property
    def width(self) -> int:
        """Width of the drawing in its own units."""
        return STEP * len(self.bars)

    @property
    def summary(self) -> str:
        """The chart in words."""
        return f"{self.title}: {words.number(self.total)} in all, at most {words.number(self.top)} at a time"


def read(session: Session, key: str) -> list[Chart]:
    """The charts of a range: items done, and items failed."""
    spans = _spans(session, key)
    return [
        _chart("Items done", "completed", spans, lambda span: span.completed),
        _chart("Items failed", "failed", spans, lambda span: span.failed),
    ]


def _spans(session: Session, key: str) -> list[Span]:
    at, spans = _kept.get(key, (-math.inf, []))
    if time.monotonic() - at > KEPT_SECONDS:
        _, seconds, count = RANGES[key]
        spans = history.spans(session, seconds, count)
        _kept[key] = (time.monotonic(), spans)
    return spans


def _chart(title: str, tone: str, spans: list[Span], value: Callable[[Span], int]) -> Chart:
    top = max((value(span) for span in spans), default=0)
    scale = HEIGHT / max(_nice(top), 1)
    bars = []
    for place, span in enumerate(spans):
        height = value(span) * scale
        if value(span):
            height = max(height, 2.0)
        said = f"{_when(span)}: {words.number(value(span))}"
        bars.append(ChartBar(STEP * place, round(HEIGHT - height, 2), round(height, 2), said))
    return Chart(
        title,
        tone,
        sum(value(span) for span in spans),
        _nice(top),
        bars,
        _short(spans[0]),
        _short(spans[len(spans) // 2]),
    )


def _nice(top: int) -> int:
    """The next round number, as the top line of a chart."""
    if top <= 10:
        return max(top, 1)
    size = 10 ** int(math.log10(top))
    return next(step * size // 2 for step in (2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20) if step * size >= 2 * top)


def _when(span: Span) -> str:
    return f"{span.start:%-d %b %H:%M} to {span.end:%H:%M} UTC"


def _short(span: Span) -> str:
    days = (span.end - span.start).total_seconds() > 3600
    return f"{span.start:%-d %b}" if days else f"{span.start:%H:%M}"
