"""Writes the figures of `benchmarks.scale` into docs/scale.md, between the marks there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
#: name, median and p99 in milliseconds, the same of CPU time, plan
Row = tuple[str, float, float, float, float, str]


def write(path: Path, facts: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Replace what stands between the marks; ValueError when they are missing."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for figures")
    path.write_text(f"{before}{BEGIN}\n\n{render(facts, rows)}\n{END}{after}", encoding="utf-8")


def render(facts: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Return facts, table and plans as Markdown."""
    lines = [", ".join(f"{name}: {value}" for name, value in facts.items()) + ".", ""]
    lines += ["| read | median ms | p99 ms | median CPU ms | p99 CPU ms |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name} | " + " | ".join(f"{one:.1f}" for one in figures) + " |" for name, *figures, _ in rows
    ]
    lines += ["", "## Plans", "", "Of each read the slowest statement of its slowest kind.", ""]
    for name, *_, plan in rows:
        if plan:
            lines += ["<details>", f"<summary>{name}</summary>", "", "```", plan, "```", "", "</details>", ""]
    return "\n".join(lines)
