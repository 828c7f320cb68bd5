"""The published table holds the figures of its samples, and the page around it is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import publish
from benchmarks.measures import Samples
from benchmarks.plan import Plan
from benchmarks.systems.base import PickUp
from benchmarks.table import Row, rows


def samples(items_per_second: list[float]) -> Samples:
    return Samples(
        items_per_second=items_per_second,
        naps_per_second=[2000.0],
        idle_pick_ups=[PickUp(0.002, 0.005), PickUp(0.004, 0.007), PickUp(0.009, 0.02)],
        paused_pick_ups=[PickUp(0.1, 0.2)],
        bulk_seconds=[2.0, 1.0, 4.0],
        bulk_items=100_000,
        singles_per_second=[1000.0],
    )


def test_each_figure_is_the_median_and_stands_beside_the_other_system() -> None:
    table = rows(
        Plan(), {"raw": samples([4000.0, 5000.0, 3000.0]), "ours": samples([9000.0, 8000.0, 8500.0])}
    )
    cells = [row.cells for row in table]
    assert cells[0] == ("4,000 (3,000 to 5,000)", "8,500 (8,000 to 9,000)")
    assert cells[1] == ("1.00", "2.12")
    assert cells[3][0] == "4.0 / 9.0 (n=3)"
    assert cells[4][0] == "7.0 / 20.0 (n=3)"
    assert cells[6][0] == "100,000 in 2.00 s = 50,000/s"


def test_publishing_replaces_only_what_is_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    begin, end = publish.marks()
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    for figure in ("1", "2"):
        publish.write(["raw", "ours"], [Row("items/s", (figure, "3"))], {"memory": "23 GiB"}, page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "- memory: 23 GiB" in text
    assert "| items/s | 2 | 3 |" in text
    assert "old" not in text
    assert "| items/s | 1 |" not in text


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("nothing here")
    with pytest.raises(ValueError, match="lacks"):
        publish.write([], [], {}, page)


def test_the_page_of_this_repository_has_its_marks() -> None:
    text = publish.PAGE.read_text()
    for name in ("measured", "engine"):
        begin, end = publish.marks(name)
        assert text.index(begin) < text.index(end)
