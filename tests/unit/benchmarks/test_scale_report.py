"""The figures of a large ledger are published in a table, the plans in files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import scale_report
from benchmarks.scale_report import BEGIN, END

ROWS: list[scale_report.Row] = [
    ("list, q сталк: first page", 1.0, 2.0, 3.0, 0.5, 0.75, "Seq Scan"),
    ("ongoing", 1.0, 2.0, 3.0, 0.5, 0.75, ""),
]


def test_the_table_leads_to_a_file_with_each_plan_and_old_plans_go(tmp_path: Path) -> None:
    page, old = tmp_path / "scale.md", tmp_path / "plans" / "gone.txt"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    old.parent.mkdir()
    old.write_text("a read that is no more")
    scale_report.write(page, {"tasks": "3"}, ROWS)
    text = page.read_text()
    link = "plans/list-q-сталк-first-page.txt"
    assert f"| [list, q сталк: first page]({link}) | 1.0 | 2.0 | 3.0 | 0.5 | 0.8 |" in text
    assert "| ongoing | 1.0 | 2.0 | 3.0 | 0.5 | 0.8 |" in text
    assert text.startswith("above")
    assert text.endswith("below\n")
    assert (tmp_path / link).read_text() == "list, q сталк: first page\n\nSeq Scan\n"
    assert not old.exists()


def test_a_page_without_a_place_for_figures_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "scale.md"
    page.write_text("nothing here")
    with pytest.raises(ValueError, match="no place"):
        scale_report.write(page, {}, ROWS)
    assert page.read_text() == "nothing here"
