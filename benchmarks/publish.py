"""Writes the measured table into docs/benchmarks.md, between two marks; nothing else there is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.table import Row

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def write(
    columns: Sequence[str],
    rows: Sequence[Row],
    facts: Mapping[str, str],
    page: Path = PAGE,
    name: str = "measured",
) -> None:
    """Replace what stands between the marks of this name. Raises ValueError when the page lacks them."""
    begin_mark, end_mark = marks(name)
    before, begin, rest = page.read_text(encoding="utf-8").partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not begin or not end:
        raise ValueError(f"{page.name} lacks the line {begin_mark} or {end_mark}")
    page.write_text(
        f"{before}{begin_mark}\n\n{markdown(columns, rows, facts)}\n{end_mark}{after}", encoding="utf-8"
    )


def marks(name: str = "measured") -> tuple[str, str]:
    """The lines around a published table."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def markdown(columns: Sequence[str], rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    """The facts as a list and the rows as a table."""
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", _line(["measure", *columns]), _line(["---"] * (len(columns) + 1))]
    lines += [_line([row.measure, *row.cells]) for row in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
