"""How long it took until work went on after a fault: measured by the tests, gathered over runs, written as a table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Name under which a test hands its measures to pytest.
PROPERTY = "recovery"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True, slots=True, order=True)
class Recovery:
    """A fault, the seconds until work went on, and the most it may take."""

    fault: str
    seconds: float
    bound_seconds: float


class Recoveries:
    """What one test measures."""

    def __init__(self) -> None:
        self.measured: list[Recovery] = []

    def took(self, fault: str, seconds: float, *, within: float) -> None:
        """Note a recovery; fails the test when it took longer than promised."""
        self.measured.append(Recovery(fault, round(seconds, 2), within))
        assert seconds <= within, f"{fault}: {seconds:.1f} s, promised are {within:g} s"


def table(measured: Iterable[Recovery]) -> list[str]:
    """Lines of a table in Markdown: a line a fault, with the spread of its measures."""
    by_fault: dict[str, list[Recovery]] = {}
    for one in sorted(measured):
        by_fault.setdefault(one.fault, []).append(one)
    lines = [
        "| after | promised | min | median | max | runs |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for fault, found in by_fault.items():
        seconds = [one.seconds for one in found]
        figures = (min(seconds), statistics.median(seconds), max(seconds))
        spread = " | ".join(f"{one:.1f} s" for one in figures)
        lines.append(f"| {fault} | {found[0].bound_seconds:g} s | {spread} | {len(seconds)} |")
    return lines


def replace_table(page: Path, lines: Sequence[str]) -> None:
    """Put the lines between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text("\n".join([f"{before}{BEGIN}\n", *lines, f"\n{END}{after}"]), encoding="utf-8")
