"""Writes the measured table into docs/benchmarks.md, between two marks; nothing else there is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.table import Row

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


def write(columns: Sequence[str], rows: Sequence[Row], facts: Mapping[str, str], page: Path = PAGE) -> None:
    """Replace what stands between the marks. Raises ValueError when the page lacks them."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} lacks the line {BEGIN} or {END}")
    page.write_text(f"{before}{BEGIN}\n\n{markdown(columns, rows, facts)}\n{END}{after}", encoding="utf-8")


def markdown(columns: Sequence[str], rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    """The facts as a list and the rows as a table."""
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", _line(["measure", *columns]), _line(["---"] * (len(columns) + 1))]
    lines += [_line([row.measure, *row.cells]) for row in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
