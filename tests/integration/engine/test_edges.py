"""Edges of what the ledger promises, with a worker played by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from queueapp import db, errors
from queueapp.bootstrap import Runtime
from queueapp.execution.rows import NewItem
from queueapp.ledger import claims, dispatchable, items, progress, reads, workers
from queueapp.ledger.items import NewRow
from queueapp.ledger.outcomes import Applied, Move, Outcome, apply_outcomes
from queueapp.services import cancel, control, enqueue, retry

Conn = psycopg.Connection[Any]
LANES = range(4)


class Player:
    """A worker whose every move the test makes."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn
        self.worker = workers.register(conn, broker_id="b", host="h", pid=1, lanes=["high"], threads=1)

    def take(self, count: int = 99) -> list[claims.Claim]:
        """Hand out what is ready and claim it, in order of tasks and indexes."""
        dispatchable.promote_due(self.conn)
        ids = [
            row[0]
            for row in self.conn.execute("SELECT id FROM queue_items WHERE stage = 3 AND worker_id IS NULL")
        ]
        for lane in LANES:
            ids += [one.id for one in dispatchable.dispatch_ready(self.conn, lane, count, {"noop": 1.0})]
        return sorted(claims.claim_items(self.conn, self.worker, ids).values(), key=lambda one: one.item_id)

    def say(self, move: Move, *taken: claims.Claim, **more: Any) -> Applied:
        """Say what became of claimed items."""
        elapsed = None if move is Move.RELEASED else 0.1
        outcomes = [
            Outcome(one.item_id, one.task_id, one.number, self.worker, move, elapsed_seconds=elapsed, **more)
            for one in taken
        ]
        with self.conn.transaction():
            return apply_outcomes(self.conn, outcomes)


@pytest.fixture
def player(database_url: str) -> Iterator[Player]:
    with db.connect(database_url, durable=False) as conn:
        yield Player(conn)


def _create(runtime: Runtime, count: int = 1, **more: Any) -> int:
    return enqueue.create_task(runtime, enqueue.NewTask("noop", [{}] * count, **more)).task_id


def _task(runtime: Runtime, task_id: int) -> Any:
    with runtime.transaction() as session:
        return reads.get_task(session, task_id)


def _statuses(runtime: Runtime, task_id: int) -> list[str]:
    with runtime.transaction() as session:
        return [one.status.value for one in reads.list_items(session, task_id)[0]]


def test_a_failure_stops_the_rest_that_nobody_has_started(runtime: Runtime, player: Player) -> None:
    task_id = _create(runtime, 5, stop_on_failure=True)
    first, second, third, *_ = player.take()
    player.say(Move.STARTED, second)
    applied = player.say(Move.FAILED, first, error='{"message": "bad"}')
    assert [one.stops for one in applied.tasks] == [True]
    assert claims.unwanted(player.conn, [second.item_id, third.item_id]) == {
        second.item_id: "stopped",
        third.item_id: "stopped",
    }
    player.say(Move.COMPLETED, second)
    for one in _taken_left(player):
        player.say(Move.CANCELED, one)
    view = _task(runtime, task_id)
    assert (view.status, view.completed_items, view.failed_items, view.canceled_items) == ("failed", 1, 1, 3)


def _taken_left(player: Player) -> list[claims.Claim]:
    rows = player.conn.execute(
        "SELECT id, task_id, type, claim_number, attempt, max_attempts, payload::text, false FROM queue_items "
        "WHERE stage = 3 ORDER BY id"
    ).fetchall()
    return [claims.Claim(*row) for row in rows]


def test_an_optional_failure_stops_nothing_and_only_warns(runtime: Runtime, player: Player) -> None:
    asked = [NewItem("noop", {}, optional=True), NewItem("noop", {})]
    new = enqueue.NewTask("noop", asked, stop_on_failure=True, max_parallel=1)
    task_id = enqueue.create_task(runtime, new).task_id
    (first,) = player.take()
    player.say(Move.FAILED, first, error='{"message": "no picture"}')
    (second,) = player.take()
    player.say(Move.COMPLETED, second)
    view = _task(runtime, task_id)
    assert (view.status, view.failed_items, view.error, view.warnings) == (
        "completed",
        1,
        None,
        ["no picture"],
    )


def test_without_stop_on_failure_the_rest_runs_in_order_retries_included(
    runtime: Runtime, player: Player
) -> None:
    task_id = _create(runtime, 3, max_parallel=1)
    (first,) = player.take()
    player.say(Move.RETRY, first, delay_seconds=3600.0, error='{"message": "away"}')
    assert player.take() == []
    assert control.process_now(runtime) == 1
    (again,) = player.take()
    assert (again.item_id, again.attempt) == (first.item_id, 2)
    player.say(Move.FAILED, again, error='{"message": "bad"}')
    for _ in range(2):
        (one,) = player.take()
        player.say(Move.COMPLETED, one)
    assert _statuses(runtime, task_id) == ["failed", "completed", "completed"]
    assert _task(runtime, task_id).status == "failed"


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_a_task_whose_dependency_breaks_is_canceled_with_the_reason_and_so_are_those_behind_it(
    runtime: Runtime, player: Player, end: str
) -> None:
    first = _create(runtime)
    second = _create(runtime, depends_on=[first])
    third = _create(runtime, depends_on=[second])
    (held,) = player.take()
    if end == "failed":
        player.say(Move.FAILED, held, error='{"message": "bad"}')
    else:
        cancel.cancel_task(runtime, first)
    words = {"failed": "failed", "canceled": "been canceled"}[end]
    views = [_task(runtime, one) for one in (second, third)]
    assert [view.status for view in views] == ["canceled", "canceled"]
    assert views[0].error == f"canceled because task {first} has {words}"
    assert views[1].error == f"canceled because task {second} has been canceled"
    assert player.take() == []


def test_tasks_of_an_ordering_key_run_oldest_first_whatever_their_priority_and_end(
    runtime: Runtime, player: Player
) -> None:
    made = [_create(runtime, ordering_key="list 7", priority=priority) for priority in (8, 5, 1)]
    other = _create(runtime, ordering_key="list 8", priority=8)
    seen = []
    for move in (Move.FAILED, Move.COMPLETED, Move.COMPLETED):
        taken = [one for one in player.take() if one.task_id != other]
        seen += [one.task_id for one in taken]
        player.say(move, *taken, error='{"message": "bad"}' if move is Move.FAILED else None)
    assert seen == made


def test_what_an_item_finds_is_forgotten_when_its_task_was_canceled(runtime: Runtime, player: Player) -> None:
    task_id = _create(runtime, 2)
    first, second = player.take()
    cancel.cancel_task(runtime, task_id)
    player.say(Move.COMPLETED, first, follow_ups=[NewRow("noop", "{}", 1)])
    player.say(Move.COMPLETED, second)
    view = _task(runtime, task_id)
    assert (view.status, view.total_items, view.completed_items, view.canceled_items) == ("canceled", 2, 0, 2)


def test_finding_more_is_said(runtime: Runtime, player: Player) -> None:
    task_id = _create(runtime, 2)
    first, _ = player.take()
    player.say(Move.COMPLETED, first, follow_ups=[NewRow("noop", "{}", 1)] * 40)
    view = _task(runtime, task_id)
    assert (view.total_items, view.message) == (42, "found 40 more")
    enqueue.add_items(runtime, task_id, [{}] * 3)
    assert _task(runtime, task_id).message == "found 3 more"


def test_an_item_may_find_so_many_that_they_are_copied(runtime: Runtime, player: Player) -> None:
    task_id = _create(runtime, 1)
    (first,) = player.take()
    player.say(Move.COMPLETED, first, follow_ups=[NewRow("noop", "{}", 1)] * (3 * items.COPY_FROM))
    view = _task(runtime, task_id)
    assert (view.total_items, view.completed_items) == (3 * items.COPY_FROM + 1, 1)


def test_what_an_item_finds_is_stored_without_a_look_at_all_its_tasks_items(
    runtime: Runtime, player: Player
) -> None:
    _create(runtime, 5_000)
    first, *_ = player.take(1)
    with player.conn.transaction():
        before = _rows_read(player.conn)
        player.say(Move.COMPLETED, first, follow_ups=[NewRow("noop", "{}", 1)])
        assert _rows_read(player.conn) - before < 100


def _rows_read(conn: Conn) -> int:
    """Rows of items that this connection has looked at and not yet reported to the statistics."""
    row = conn.execute(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'queue_items'"
    ).fetchone()
    return int(row[0]) if row else 0


def test_a_barrier_waits_for_failed_ones_too_and_never_runs_after_a_cancel(
    runtime: Runtime, player: Player
) -> None:
    def make() -> int:
        asked = [NewItem("noop", {}), NewItem("noop", {}), NewItem("noop", {}, barrier=True)]
        return enqueue.create_task(runtime, enqueue.NewTask("noop", asked)).task_id

    runs = make()
    first, second = player.take()
    player.say(Move.FAILED, first, error='{"message": "bad"}')
    assert player.take() == []
    player.say(Move.SKIPPED, second)
    (last,) = player.take()
    player.say(Move.COMPLETED, last)
    assert (_task(runtime, runs).status, _statuses(runtime, runs)) == (
        "failed",
        ["failed", "skipped", "completed"],
    )
    stopped = make()
    first, second = player.take()
    player.say(Move.COMPLETED, first)
    cancel.cancel_task(runtime, stopped)
    player.say(Move.CANCELED, second)
    assert player.take() == []
    assert _statuses(runtime, stopped) == ["completed", "canceled", "canceled"]


def test_an_open_task_takes_more_until_it_is_closed(runtime: Runtime, player: Player) -> None:
    task_id = _create(runtime, open=True)
    player.say(Move.COMPLETED, *player.take())
    assert _task(runtime, task_id).status == "running"
    assert enqueue.add_items(runtime, task_id, [{}, {}]) == 2
    enqueue.close_task(runtime, task_id)
    player.say(Move.COMPLETED, *player.take())
    assert (_task(runtime, task_id).status, _task(runtime, task_id).total_items) == ("completed", 3)
    with pytest.raises(errors.WrongStatus):
        enqueue.add_items(runtime, task_id, [{}])


def test_an_item_given_back_unused_keeps_its_attempts(runtime: Runtime, player: Player) -> None:
    _create(runtime)
    for _ in range(3):
        (one,) = player.take()
        assert one.attempt == 1
        player.say(Move.RELEASED, one, uses_attempt=False)


def test_a_log_ends_at_ten_thousand_lines_and_says_so(runtime: Runtime, player: Player) -> None:
    _create(runtime)
    (one,) = player.take()
    for start in range(0, 10_050, 2_010):
        lines = [progress.Line(one.item_id, "info", f"line {n}", 0.0) for n in range(start, start + 2_010)]
        progress.record_lines(player.conn, lines)
    with runtime.transaction() as session:
        kept = reads.item_logs(session, one.item_id, limit=20_000)
    assert len(kept) == 10_001
    assert (kept[9_999].message, kept[-1].message[:9]) == ("line 9999", "truncated")


def test_a_payload_is_bounded_in_bytes_of_utf_8(runtime: Runtime) -> None:
    import tests.engine_actors  # noqa: F401 (registers operations with a text in their payload)

    def ask(name: str) -> None:
        enqueue.create_task(runtime, enqueue.NewTask("script", [{"name": name}]))

    ask("映" * 80_000)
    for name in ("映" * 90_000, "x" * 262_144):
        with pytest.raises(errors.TooLarge, match="256 KiB"):
            ask(name)


def test_a_single_canceled_item_lets_its_task_go_on_to_completed(runtime: Runtime, player: Player) -> None:
    task_id = _create(runtime, 3, max_parallel=1)
    with runtime.transaction() as session:
        listed = reads.list_items(session, task_id)[0]
    cancel.cancel_item(runtime, task_id, listed[1].id)
    for _ in range(2):
        (one,) = player.take()
        player.say(Move.COMPLETED, one)
    assert (_task(runtime, task_id).status, _statuses(runtime, task_id)) == (
        "completed",
        ["completed", "canceled", "completed"],
    )


def test_a_retried_task_of_an_ordering_key_goes_behind_the_last_and_later_ones_behind_it(
    runtime: Runtime, player: Player
) -> None:
    first = _create(runtime, ordering_key="list 7")
    player.say(Move.FAILED, *player.take(), error='{"message": "bad"}')
    second, third = _create(runtime, ordering_key="list 7"), _create(runtime, ordering_key="list 7")
    retry.retry_task(runtime, first)
    fourth = _create(runtime, ordering_key="list 7")
    cancel.cancel_task(runtime, third)
    retry.retry_task(runtime, third)
    seen = []
    for _ in range(4):
        taken = player.take()
        seen.append([one.task_id for one in taken])
        player.say(Move.COMPLETED, *taken)
    assert seen == [[second], [first], [fourth], [third]]


def test_a_retried_task_waits_again_for_one_it_has_waited_for_before(
    runtime: Runtime, player: Player
) -> None:
    made = [_create(runtime, ordering_key="list 7") for _ in range(2)]
    for _ in made:
        player.say(Move.FAILED, *player.take(), error='{"message": "bad"}')
    for one in made:
        retry.retry_task(runtime, one)
    for one in made:
        taken = player.take()
        assert [each.task_id for each in taken] == [one]
        player.say(Move.COMPLETED, *taken)


def test_the_barrier_of_a_retried_task_waits_for_its_turn_too(runtime: Runtime, player: Player) -> None:
    barrier = NewItem("noop", {}, barrier=True)
    new = enqueue.NewTask("noop", [NewItem("noop", {}), barrier], ordering_key="list 7")
    task_id = enqueue.create_task(runtime, new).task_id
    player.say(Move.COMPLETED, *player.take())
    player.say(Move.FAILED, *player.take(), error='{"message": "bad"}')
    other = _create(runtime, ordering_key="list 7")
    retry.retry_task(runtime, task_id)
    for one in (other, task_id):
        taken = player.take()
        assert [each.task_id for each in taken] == [one]
        player.say(Move.COMPLETED, *taken)
    assert _task(runtime, task_id).status == "completed"
