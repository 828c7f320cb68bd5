"""A state machine over the ledger: whatever is done in whatever order, its promises hold."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from queueapp import db, errors
from queueapp.ledger import barriers, claims, dependencies, dispatchable, items, ordering, tasks, workers
from queueapp.ledger.outcomes import Move, Outcome, apply_outcomes

Conn = psycopg.Connection[Any]

EFFECTIVE = """
    SELECT CASE WHEN t.status = 'canceled' AND i.status = 'queued' THEN 'canceled' ELSE i.status END AS status, count(*)
    FROM queue_items i JOIN queue_tasks t ON t.id = i.task_id WHERE t.id = %s GROUP BY 1
"""


class LedgerMachine(RuleBasedStateMachine):
    """Workers, people and accidents at the same ledger."""

    conn: Conn
    held = Bundle("held")
    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.conn.execute(
            "TRUNCATE queue_tasks, queue_items, queue_workers, queue_concurrency_locks, queue_pauses "
            "RESTART IDENTITY CASCADE"
        )
        self.workers = [self._register() for _ in range(2)]
        #: which of them claimed an item last
        self.holders: dict[int, int] = {}

    @initialize(counts=st.lists(st.integers(2, 5), min_size=1, max_size=3), limit=st.sampled_from([None, 2]))
    def begin(self, counts: list[int], limit: int | None) -> None:
        """There is something to do."""
        for count in counts:
            rows = [items.NewRow("noop", "{}", 2) for _ in range(count)]
            with self.conn.transaction():
                tasks.insert_task(self.conn, tasks.NewTaskRow("noop", "t", 5, max_parallel=limit), rows)

    def _register(self) -> int:
        return workers.register(self.conn, broker_id="b", host="h", pid=1, lanes=["normal"], threads=1)

    def _any_task(self, number: int) -> int | None:
        ids = [row[0] for row in self.conn.execute("SELECT id FROM queue_tasks ORDER BY id").fetchall()]
        return ids[number % len(ids)] if ids else None

    @rule(
        count=st.integers(1, 5),
        limit=st.sampled_from([None, None, 1, 2]),
        barriers=st.integers(0, 2),
        open_=st.booleans(),
        keyed=st.booleans(),
        attempts=st.integers(1, 3),
        order=st.sampled_from(["", "", "after", "key"]),
        stops=st.booleans(),
        number=st.integers(0, 9),
    )
    def create(
        self,
        count: int,
        limit: int | None,
        barriers: int,
        open_: bool,
        keyed: bool,
        attempts: int,
        order: str,
        stops: bool,
        number: int,
    ) -> None:
        """Somebody creates a task."""
        key = "noop:same" if keyed else None
        rows = [
            items.NewRow("noop", "{}", attempts, concurrency_key=key, optional=n % 3 == 2)
            for n in range(count)
        ]
        rows += [items.NewRow("noop", "{}", attempts, barrier=True) for _ in range(barriers)]
        new = tasks.NewTaskRow("noop", "t", 5, max_parallel=limit, open=open_, stop_on_failure=stops)
        other = self._any_task(number)
        if order == "after" and other is not None:
            new.depends_on = (other,)
        new.ordering_key = "key" if order == "key" else None
        with contextlib.suppress(errors.Conflict), self.conn.transaction():
            tasks.insert_task(self.conn, new, rows)

    @rule(number=st.integers(0, 9), count=st.integers(1, 3))
    def add_items(self, number: int, count: int) -> None:
        """Somebody adds items to a task that is not terminal."""
        task_id = self._any_task(number)
        if task_id is None:
            return
        with self.conn.transaction():
            locked = items.lock_frame(self.conn, task_id)
            assert locked
            if locked[0] in {"queued", "running"}:
                items.insert_items(
                    self.conn, locked[2], [items.NewRow("noop", "{}", 2) for _ in range(count)]
                )

    @rule(number=st.integers(0, 9))
    def close(self, number: int) -> None:
        """Somebody closes an open task."""
        task_id = self._any_task(number)
        if task_id is not None:
            close_task(self.conn, task_id)

    @rule(room=st.integers(1, 6))
    def dispatch_unfetched(self, room: int) -> None:
        """Promote what is due and hand out without anybody fetching it."""
        dispatchable.promote_due(self.conn)
        dispatchable.dispatch_ready(self.conn, 2, room, {"noop": 1.0})

    @rule(target=held, who=st.integers(0, 1), room=st.integers(1, 6))
    def dispatch_and_claim(self, who: int, room: int) -> MultipleResults[list[claims.Claim]]:
        """A worker gets messages, some of them for the second time, and claims their items."""
        dispatchable.promote_due(self.conn)
        dispatchable.dispatch_ready(self.conn, 2, room, {"noop": 1.0})
        ids = [row[0] for row in self.conn.execute("SELECT id FROM queue_items WHERE stage = 3").fetchall()]
        claimed = list(claims.claim_items(self.conn, self.workers[who], ids).values())
        self.holders.update((one.item_id, who) for one in claimed)
        return multiple(claimed) if claimed else multiple()

    @rule(
        target=said,
        batch=consumes(held),
        own=st.sampled_from([True, True, True, False]),
        moves=st.lists(st.sampled_from([Move.STARTED, Move.STARTED, *Move]), min_size=1, max_size=6),
        follow=st.integers(0, 2),
    )
    def record(self, batch: list[claims.Claim], own: bool, moves: list[Move], follow: int) -> list[Outcome]:
        """A worker says what became of what it claimed; perhaps it is not even its own."""
        outcomes = []
        for place, claim in enumerate(batch):
            move = moves[place % len(moves)]
            holder = self.holders[claim.item_id]
            who = self.workers[holder if own else 1 - holder]
            one = Outcome(claim.item_id, claim.task_id, claim.number, who, move)
            one.elapsed_seconds = None if move is Move.RELEASED else 0.5
            one.uses_attempt = move is not Move.RELEASED
            if move is Move.COMPLETED and place == 0:
                one.follow_ups = [items.NewRow("noop", "{}", 2) for _ in range(follow)]
            outcomes.append(one)
        self._apply(outcomes)
        return [one for one in outcomes if one.move is Move.STARTED] or outcomes

    @rule(outcomes=said, finish=st.sampled_from([Move.COMPLETED, Move.FAILED, Move.RETRY, Move.CANCELED]))
    def record_again(self, outcomes: list[Outcome], finish: Move) -> None:
        """What has been said is said again, or a started item ends."""
        for one in outcomes:
            one.move = finish
        self._apply(outcomes)

    def _apply(self, outcomes: list[Outcome]) -> None:
        with self.conn.transaction():
            apply_outcomes(self.conn, outcomes)

    @rule(number=st.integers(0, 9))
    def cancel(self, number: int) -> None:
        """Somebody cancels a task."""
        task_id = self._any_task(number)
        if task_id is not None:
            with self.conn.transaction():
                if tasks.cancel_task(self.conn, task_id, "someone"):
                    dependencies.settle(self.conn, {task_id: "canceled"})

    @rule(number=st.integers(0, 9), limit=st.integers(1, 3))
    def settle(self, number: int, limit: int) -> None:
        """A worker settles rows of a canceled task."""
        task_id = self._any_task(number)
        if task_id is not None:
            tasks.settle_canceled(self.conn, task_id, -1, limit)
            tasks.mark_settled(self.conn, task_id)

    @rule(number=st.integers(0, 30))
    def cancel_item(self, number: int) -> None:
        """Somebody cancels one item."""
        rows = self.conn.execute(
            "SELECT i.id, i.task_id FROM queue_items i JOIN queue_tasks t ON t.id = i.task_id "
            "WHERE t.status IN ('queued', 'running') ORDER BY i.id"
        ).fetchall()
        if not rows:
            return
        item_id, task_id = rows[number % len(rows)]
        with self.conn.transaction():
            tasks.lock_task(self.conn, task_id)
            if tasks.cancel_item(self.conn, task_id, item_id) == "canceled":
                row = self.conn.execute(
                    "SELECT claim_number FROM queue_items WHERE id = %s", (item_id,)
                ).fetchone()
                assert row
                apply_outcomes(self.conn, [Outcome(item_id, task_id, row[0], 0, Move.CANCELED)])

    @rule(number=st.integers(0, 9), pause=st.booleans())
    def pause(self, number: int, pause: bool) -> None:
        """Somebody pauses or resumes a task."""
        task_id = self._any_task(number)
        if task_id is not None:
            tasks.set_paused(self.conn, task_id, "someone" if pause else None)

    @rule(number=st.integers(0, 9), everything=st.booleans())
    def retry(self, number: int, everything: bool) -> None:
        """Somebody retries a task that is terminal and has stopped."""
        task_id = self._any_task(number)
        if task_id is None:
            return
        statuses = ["failed", "canceled"] + (["completed", "skipped"] if everything else [])
        while tasks.settle_canceled(self.conn, task_id, -1, 100)[0]:
            pass
        with self.conn.transaction():
            ahead = self._ahead(task_id)
            task = tasks.lock_task(self.conn, task_id)
            if task["status"] in {"queued", "running"} or (
                task["status"] == "canceled" and not task["stopped_at"]
            ):
                return
            if task["status"] == "canceled":
                tasks.seize_claimed(self.conn, task_id)
            tasks.reset_items(self.conn, task, statuses, ahead=ahead)

    def _ahead(self, task_id: int) -> list[int]:
        row = self.conn.execute("SELECT ordering_key FROM queue_tasks WHERE id = %s", (task_id,)).fetchone()
        assert row
        return ordering.ahead(self.conn, row[0], 1, besides=task_id) if row[0] else []

    @rule(who=st.integers(0, 1))
    def kill_worker(self, who: int) -> None:
        """A worker dies, is buried, and its items are rescued."""
        workers.set_state(self.conn, self.workers[who], "dead")
        self._rescue()
        self.workers[who] = self._register()

    def _rescue(self) -> None:
        self.conn.execute(
            "UPDATE queue_items SET cancel_requested_at = now() - interval '1 hour' WHERE worker_id = 0"
        )
        outcomes = workers.held_by_the_gone(self.conn)
        for one in outcomes:
            one.delay_seconds = 0.0
        self._apply(outcomes)

    @rule()
    def flush_redis(self) -> None:
        """Redis forgets everything."""
        for ids in dispatchable.undelivered(self.conn, -1.0).values():
            dispatchable.return_undelivered(self.conn, ids)

    @invariant()
    def counts_equal_the_items(self) -> None:
        """I1."""
        columns = "completed_items, failed_items, skipped_items, canceled_items, running_items, total_items"
        for task_id, *stored in self.conn.execute(f"SELECT id, {columns} FROM queue_tasks").fetchall():
            counted = dict(self.conn.execute(EFFECTIVE, (task_id,)).fetchall())
            names = ("completed", "failed", "skipped", "canceled", "running")
            assert stored == [*(counted.get(name, 0) for name in names), sum(counted.values())], (
                task_id,
                counted,
            )

    @invariant()
    def limits_hold(self) -> None:
        """I7: released and unfinished items of a limited task never exceed its limit, and are counted."""
        rows = self.conn.execute(
            """
            SELECT t.id, t.max_parallel, t.slots_used,
                count(i.id) FILTER (WHERE i.stage IN (1, 2, 3)) AS released
            FROM queue_tasks t LEFT JOIN queue_items i ON i.task_id = t.id
            WHERE t.max_parallel IS NOT NULL AND t.status IN ('queued', 'running') GROUP BY t.id
            """
        ).fetchall()
        for task_id, limit, used, released in rows:
            assert released == used <= limit, (task_id, limit, used, released)

    @invariant()
    def dependencies_hold(self) -> None:
        """A task waits for exactly the unmet ones, and while it does none of its items is let go."""
        wrong = self.conn.execute(
            """
            SELECT t.id, t.pending_dependencies FROM queue_tasks t WHERE t.status IN ('queued', 'running') AND (
                t.pending_dependencies <> (
                    SELECT count(*) FROM queue_task_dependencies d WHERE d.task_id = t.id AND NOT d.met)
                OR (t.pending_dependencies > 0 AND EXISTS (
                    SELECT FROM queue_items i WHERE i.task_id = t.id AND i.stage IN (1, 2, 3))))
            """
        ).fetchall()
        assert not wrong, wrong

    @invariant()
    def turns_are_kept(self) -> None:
        """Of the tasks that share an ordering key, one at most waits for none of the others."""
        first = self.conn.execute(
            """
            SELECT t.id FROM queue_tasks t WHERE t.ordering_key = 'key' AND t.status IN ('queued', 'running')
                AND NOT EXISTS (SELECT FROM queue_task_dependencies d JOIN queue_tasks o ON o.id = d.depends_on_id
                    WHERE d.task_id = t.id AND NOT d.met AND o.ordering_key = 'key')
            """
        ).fetchall()
        assert len(first) <= 1, first

    @invariant()
    def keys_are_held_once(self) -> None:
        """A concurrency key is held by exactly the item in flight that has it."""
        rows = self.conn.execute(
            """
            SELECT l.item_id, i.id FROM queue_concurrency_locks l FULL JOIN
                (SELECT id FROM queue_items WHERE stage = 3 AND concurrency_key IS NOT NULL
                    AND worker_id IS DISTINCT FROM 0) i
                ON i.id = l.item_id
            """
        ).fetchall()
        assert all(lock == item for lock, item in rows), rows

    @invariant()
    def active_tasks_can_go_on(self) -> None:
        """An active task that is not open has an item to wait for; no terminal one has an item that could run."""
        stuck = self.conn.execute(
            """
            SELECT t.id FROM queue_tasks t WHERE NOT t.open AND t.status IN ('queued', 'running')
                AND t.pending_dependencies = 0
                AND NOT EXISTS (SELECT FROM queue_items i WHERE i.task_id = t.id AND i.stage IN (1, 2, 3))
            UNION ALL
            SELECT t.id FROM queue_tasks t WHERE t.status IN ('completed', 'failed')
                AND EXISTS (SELECT FROM queue_items i WHERE i.task_id = t.id AND i.stage < 4)
            """
        ).fetchall()
        assert not stuck, stuck

    def teardown(self) -> None:
        """Whatever happened, all that is left can be brought to an end."""
        self.conn.execute("UPDATE queue_tasks SET paused_at = NULL")
        for (task_id,) in self.conn.execute("SELECT id FROM queue_tasks WHERE open").fetchall():
            close_task(self.conn, task_id)
        for worker in self.workers:
            workers.set_state(self.conn, worker, "dead")
        self.workers = [self._register()]
        for _ in range(500):
            self._rescue()
            self.flush_redis()
            for claimed in [self.dispatch_and_claim_now()]:
                outcomes = [
                    Outcome(c.item_id, c.task_id, c.number, self.workers[0], Move.COMPLETED) for c in claimed
                ]
                self._apply(outcomes)
            left = self.conn.execute(
                "SELECT count(*) FROM queue_tasks WHERE status IN ('queued', 'running')"
            ).fetchone()
            if left == (0,):
                break
        else:
            raise AssertionError("some task never ends")
        self.counts_equal_the_items()

    def dispatch_and_claim_now(self) -> list[claims.Claim]:
        """Dispatch and claim without hypothesis."""
        self.conn.execute("UPDATE queue_items SET available_at = now() WHERE stage = 1")
        dispatchable.promote_due(self.conn)
        dispatchable.dispatch_ready(self.conn, 2, 50, {"noop": 1.0})
        ids = [row[0] for row in self.conn.execute("SELECT id FROM queue_items WHERE stage = 3").fetchall()]
        return list(claims.claim_items(self.conn, self.workers[0], ids).values())


def close_task(conn: Conn, task_id: int) -> None:
    """Close an open task as the service does."""
    with conn.transaction():
        task = tasks.lock_task(conn, task_id)
        if task["status"] in {"queued", "running"} and task["open"]:
            conn.execute("UPDATE queue_tasks SET open = false WHERE id = %s", (task_id,))
            barriers.raise_barriers(conn, task_id)
            if done := tasks.finish_if_done(conn, task_id):
                dependencies.settle(conn, {task_id: done})


@pytest.fixture
def machine(database_url: str) -> Iterator[Callable[[], LedgerMachine]]:
    """The machine on this test's database."""
    with db.connect(database_url, durable=False) as conn:
        yield type("Machine", (LedgerMachine,), {"conn": conn})


@pytest.mark.timeout(300)
def test_the_ledger_keeps_its_promises_in_any_order_of_events(machine: Callable[[], LedgerMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
