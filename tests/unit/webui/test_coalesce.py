"""Thinning out of events."""

from __future__ import annotations

from queueapp.events.kinds import Event, Kind
from webui.events.coalesce import Coalescer
from webui.events.frames import Frame


def _update(task_id: int, percent: float = 0) -> Event:
    return Event(kind=Kind.TASK_UPDATED, task_id=task_id, percent=percent)


def _id(frame: Frame) -> str:
    return frame.payload.decode().splitlines()[0].removeprefix("id: ")


def test_the_first_update_goes_out_at_once_and_the_next_waits() -> None:
    coalescer = Coalescer(0.25)
    assert coalescer.add("e-1-0", _update(1), now=10.0) is not None
    assert coalescer.add("e-2-0", _update(1), now=10.1) is None
    assert coalescer.next_due() == 10.25
    assert coalescer.due(10.2) == []
    assert len(coalescer.due(10.25)) == 1
    assert coalescer.next_due() is None


def test_of_several_waiting_updates_only_the_last_is_sent() -> None:
    coalescer = Coalescer(0.25)
    coalescer.add("e-1-0", _update(1, 1), now=0.0)
    for step in range(2, 9):
        coalescer.add(f"e-{step}-0", _update(1, step), now=0.1)
    [frame] = coalescer.due(1.0)
    assert b'"percent":8.0' in frame.payload
    assert frame.event_id == "e-8-0"


def test_tasks_do_not_hold_one_another_back() -> None:
    coalescer = Coalescer(0.25)
    assert coalescer.add("e-1-0", _update(1), now=0.0)
    assert coalescer.add("e-2-0", _update(2), now=0.0)


def test_an_end_goes_out_at_once_and_overtakes_the_update_it_replaces() -> None:
    coalescer = Coalescer(0.25)
    coalescer.add("e-1-0", _update(1), now=0.0)
    coalescer.add("e-2-0", _update(1), now=0.1)
    frame = coalescer.add("e-3-0", Event(kind=Kind.TASK_COMPLETED, task_id=1), now=0.1)
    assert frame is not None
    assert frame.kind is Kind.TASK_COMPLETED
    assert coalescer.due(9.0) == []


def test_an_id_never_stands_behind_an_event_held_back() -> None:
    coalescer = Coalescer(0.25)
    coalescer.add("e-1-0", _update(1), now=0.0)
    coalescer.add("e-2-0", _update(1), now=0.1)
    other = coalescer.add("e-3-0", _update(2), now=0.1)
    assert other is not None
    assert _id(other) == "e-1-0"
    [held] = coalescer.due(1.0)
    assert _id(held) == "e-3-0"
    assert held.event_id == "e-2-0"


def test_items_are_thinned_out_each_by_itself() -> None:
    coalescer = Coalescer(0.25)
    for item_id in (1, 2):
        item = Event(kind=Kind.ITEM_UPDATED, task_id=9, item_id=item_id)
        assert coalescer.add(f"e-{item_id}-0", item, now=0.0) is not None
        assert coalescer.add(f"e-{item_id}-1", item, now=0.1) is None


def test_a_reset_forgets_what_was_held_back() -> None:
    coalescer = Coalescer(0.25)
    coalescer.add("e-1-0", _update(1), now=0.0)
    coalescer.add("e-2-0", _update(1), now=0.1)
    assert coalescer.add("f-0-0", Event(kind=Kind.RESET), now=0.1) is not None
    assert coalescer.due(9.0) == []


def test_an_event_of_no_stream_leaves_the_place_as_it_is() -> None:
    coalescer = Coalescer(0.25)
    coalescer.add("e-1-0", _update(1), now=0.0)
    frame = coalescer.add("", Event(kind=Kind.TASK_COMPLETED, task_id=1), now=0.1)
    assert frame is not None
    assert (_id(frame), frame.event_id) == ("e-1-0", "")
    assert coalescer.last_id == "e-1-0"
