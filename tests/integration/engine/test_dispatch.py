"""What is handed out next: lanes, turns, keys, paused and canceled tasks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from queueapp import db
from queueapp.ledger import dispatchable, items, tasks

Conn = psycopg.Connection[Any]


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with db.connect(database_url, durable=False) as connection:
        yield connection


def _task(
    conn: Conn, count: int, *, type_: str = "noop", priority: int = 5, keys: list[str] | None = None
) -> int:
    rows = [items.NewRow(type_, "{}", 1, concurrency_key=keys[n] if keys else None) for n in range(count)]
    return tasks.insert_task(conn, tasks.NewTaskRow(type_, "t", priority), rows).task_id


def _dispatch(conn: Conn, room: float, **costs: float) -> list[tuple[int, int]]:
    chosen = dispatchable.dispatch_ready(conn, 2, room, costs or {"noop": 1.0})
    return [(one.task_id, one.index) for one in chosen]


def test_items_go_out_in_their_order_and_only_once(conn: Conn) -> None:
    task_id = _task(conn, 5)
    assert _dispatch(conn, 3) == [(task_id, 0), (task_id, 1), (task_id, 2)]
    assert _dispatch(conn, 3) == [(task_id, 3), (task_id, 4)]
    assert _dispatch(conn, 3) == []


def test_room_is_counted_in_costs(conn: Conn) -> None:
    _task(conn, 10)
    assert len(_dispatch(conn, 1.0, noop=0.25)) == 4


def test_a_small_task_does_not_wait_behind_a_large_one(conn: Conn) -> None:
    large, small = _task(conn, 1000), _task(conn, 2)
    assert {task_id for task_id, _ in _dispatch(conn, 10)} == {large, small}


def test_a_large_task_does_not_wait_behind_ever_new_small_ones(conn: Conn) -> None:
    large = _task(conn, 100)
    conn.execute("UPDATE queue_tasks SET turn_at = now() - interval '10 seconds'")
    for _ in range(20):
        _task(conn, 1)
    assert [task_id for task_id, _ in _dispatch(conn, 50)].count(large) == 50


def test_other_lanes_and_unknown_operations_are_left_alone(conn: Conn) -> None:
    _task(conn, 2, priority=1)
    _task(conn, 2, type_="other")
    assert _dispatch(conn, 10) == []


def test_a_paused_or_canceled_task_is_stepped_over(conn: Conn) -> None:
    paused, canceled, third = _task(conn, 50_000), _task(conn, 50_000), _task(conn, 3)
    tasks.set_paused(conn, paused, "someone")
    tasks.cancel_task(conn, canceled, "")
    conn.execute("INSERT INTO queue_pauses (scope) VALUES ('other')")
    _task(conn, 100, type_="other")
    began = time.monotonic()
    assert [task_id for task_id, _ in _dispatch(conn, 10, noop=1.0, other=1.0)] == [third] * 3
    assert time.monotonic() - began < 1


def test_of_one_key_only_one_is_out_and_others_are_not_hidden_behind_it(conn: Conn) -> None:
    task_id = _task(conn, 202, keys=["show"] * 200 + ["film", "show"])
    assert _dispatch(conn, 5) == [(task_id, 0), (task_id, 200)]
    assert _dispatch(conn, 5) == []


def test_everything_paused_hands_out_nothing(conn: Conn) -> None:
    _task(conn, 2)
    conn.execute("INSERT INTO queue_pauses (scope) VALUES ('*')")
    assert _dispatch(conn, 10) == []


def test_a_waiting_item_goes_out_when_its_time_has_come(conn: Conn) -> None:
    _task(conn, 2)
    conn.execute(
        "UPDATE queue_items SET stage = 1, available_at = now() + interval '1 hour' WHERE \"index\" = 0"
    )
    conn.execute(
        "UPDATE queue_items SET stage = 1, available_at = now() - interval '1 second' WHERE \"index\" = 1"
    )
    assert dispatchable.promote_due(conn) == {2: 1}
    assert [index for _, index in _dispatch(conn, 10)] == [1]


def test_a_fill_may_go_on_where_the_last_one_ended(conn: Conn) -> None:
    task_id = _task(conn, 10)
    floors = {"noop": (task_id, 4)}
    chosen = dispatchable.dispatch_ready(conn, 2, 3, {"noop": 1.0}, floors)
    assert [one.index for one in chosen] == [4, 5, 6]
    assert [index for _, index in _dispatch(conn, 10)] == [0, 1, 2, 3, 7, 8, 9]
