"""The benchmark of event streams reads the ages of events as both systems write them."""

from __future__ import annotations

from benchmarks.sse.__main__ import _rows
from benchmarks.sse.listeners import STAMP
from benchmarks.sse.measure import Figures
from benchmarks.sse.servers import SYSTEMS
from queueapp.events.kinds import Event, Kind
from webui.events.frames import HEARTBEAT, encode, opening


def test_the_time_of_an_event_is_read_from_its_id() -> None:
    ours = encode("6f1c2a9b04d1-1763795024512-0", Event(kind=Kind.TASK_UPDATED, task_id=1)).payload
    theirs = b"id: 1763795024513-7\nevent: task.updated\ndata: {}\n\n"
    assert STAMP.findall(ours + theirs) == [b"1763795024512", b"1763795024513"]


def test_what_is_no_event_has_no_age() -> None:
    assert not STAMP.findall(opening("6f1c2a9b04d1-1763795024512-0") + HEARTBEAT.payload)


def test_the_web_process_measured_is_that_of_the_procfile() -> None:
    assert "webui.gunicorn_conf" in SYSTEMS[0].command


def test_every_figure_stands_in_a_row_beside_its_goal() -> None:
    figures = Figures(200, 4, 10, 20, 30, 5, 6, 25, 0.2, 31, 0.1, 0, 0)
    rows = _rows({"queueapp": figures, "bare": figures})
    assert all(len(row.cells) == 3 for row in rows)
    assert ("10 / 20 / 30", "10 / 20 / 30", "p99 < 100") in [row.cells for row in rows]
