"""Writes the figures of `benchmarks.scale` into docs/scale.md, between the marks there, and each plan into a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
#: where the plans are, beside the page
PLANS = "plans"
#: in milliseconds
FIGURES = ("median ms", "p99 ms", "slowest ms", "median CPU ms", "p99 CPU ms")
#: name, figures, plan
Row = tuple[str, float, float, float, float, float, str]


def write(path: Path, facts: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Replace what stands between the marks, and all plans; ValueError when the marks are missing."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for figures")
    path.write_text(f"{before}{BEGIN}\n\n{render(facts, rows)}\n{END}{after}", encoding="utf-8")
    plans = path.parent / PLANS
    plans.mkdir(exist_ok=True)
    for old in plans.glob("*.txt"):
        old.unlink()
    for name, *_, plan in rows:
        if plan:
            (plans / file_name(name)).write_text(f"{name}\n\n{plan}\n", encoding="utf-8")


def render(facts: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Return facts and table as Markdown; each read leads to its plan."""
    lines = [", ".join(f"{name}: {value}" for name, value in facts.items()) + ".", ""]
    lines += [f"| read | {' | '.join(FIGURES)} |", "|---|" + "---:|" * len(FIGURES)]
    for name, *figures, plan in rows:
        read = f"[{name}]({PLANS}/{file_name(name)})" if plan else name
        lines.append(f"| {read} | " + " | ".join(f"{one:.1f}" for one in figures) + " |")
    return "\n".join(lines) + "\n"


def file_name(read: str) -> str:
    """The name of the file that holds the plan of a read."""
    return re.sub(r"\W+", "-", read).strip("-").lower() + ".txt"
