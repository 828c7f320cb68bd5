"""Items whose claim is answered late, or never: the worker runs or gives back each, as is wanted by then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.dispatch.signals import signal_change
from queueapp.execution import fetcher
from queueapp.execution.context import Context
from queueapp.execution.process import WorkerProcess
from queueapp.ledger import queries, tasks
from queueapp.ledger.claims import Claim, claim_items
from queueapp.ledger.items import Conn
from queueapp.ledger.workers import register
from queueapp.operations import Operation
from queueapp.services import control
from queueapp.services.cancel import cancel_item, cancel_task
from queueapp.services.enqueue import NewTask, create_task
from queueapp.services.pause import pause_task, resume_task
from tests.waiting import eventually

Act = Callable[[Runtime, int], None]
Meanwhile = Callable[[Callable[[], None]], None]


def cancel_each_item(runtime: Runtime, task_id: int) -> None:
    """Cancel the items of a task one by one."""
    for item_id in column(runtime, "id"):
        cancel_item(runtime, task_id, item_id)


def fail_another(runtime: Runtime, task_id: int) -> None:
    """Record that a fourth item of the task has failed, and that it is not to go on then."""
    with runtime.transaction() as session:
        session.execute(
            sa.text("UPDATE queue_tasks SET stop_on_failure = true, failed_items = 1, total_items = 4")
        )
        db.raw(session).execute(queries.load("stop_unstarted"), {"task_id": task_id})


CANCELS: dict[str, Act] = {
    "its task is canceled": cancel_task,
    "each item is canceled": cancel_each_item,
    "another item fails": fail_another,
}
PAUSES: dict[str, tuple[Act, Act]] = {
    "task": (pause_task, resume_task),
    "operation": (lambda r, _: control.pause(r, "noop", "me"), lambda r, _: control.resume(r, "noop")),
    "everything": (lambda r, _: control.pause(r, None, "me"), lambda r, _: control.resume(r, None)),
}


@pytest.fixture(params=["the answer is lost", "the answer is late"])
def on_claim(
    request: pytest.FixtureRequest, runtime: Runtime, worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> Meanwhile:
    """Let something happen between the commit of the first claim and its answer, and be told to the watch."""
    happening: list[Callable[[], None]] = []

    def claim(*args: Any, **options: Any) -> dict[int, Claim]:
        claimed = claim_items(*args, **options)
        if claimed and happening:
            happening.pop()()
            looks = worker._watch.looks
            signal_change(runtime.redis)
            eventually(lambda: worker._watch.looks > looks, what="a look without the items")
            if request.param == "the answer is lost":
                raise psycopg.OperationalError("the connection was cut")
        return claimed

    monkeypatch.setattr(fetcher, "claim_items", claim)
    return happening.append


def column(runtime: Runtime, name: str) -> list[Any]:
    """Return a column of all items."""
    with runtime.transaction() as session:
        return list(session.scalars(sa.text(f"SELECT {name} FROM queue_items ORDER BY id")).all())


def new_task(runtime: Runtime, on_claim: Meanwhile, act: Act) -> int:
    """Create a task on which something is done as its items are claimed."""
    asked: list[int] = []
    created = threading.Event()

    def do() -> None:
        created.wait(10)
        act(runtime, asked[0])

    on_claim(do)
    asked.append(create_task(runtime, NewTask("noop", [{}] * 3)).task_id)
    created.set()
    return asked[0]


@pytest.mark.usefixtures("worker")
def test_what_is_still_wanted_runs_at_its_first_attempt(runtime: Runtime, on_claim: Meanwhile) -> None:
    new_task(runtime, on_claim, lambda *_: None)
    eventually(lambda: column(runtime, "status") == ["completed"] * 3, what="three completed items")
    assert column(runtime, "attempt") == [1] * 3


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("act", CANCELS.values(), ids=CANCELS)
def test_what_is_canceled_meanwhile_never_starts(runtime: Runtime, on_claim: Meanwhile, act: Act) -> None:
    new_task(runtime, on_claim, act)
    eventually(lambda: column(runtime, "status") == ["canceled"] * 3, what="three canceled items")
    assert column(runtime, "started_at") == [None] * 3


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(("pause", "resume"), PAUSES.values(), ids=PAUSES)
def test_what_is_paused_meanwhile_waits_for_the_end_of_the_pause(
    runtime: Runtime, on_claim: Meanwhile, pause: Act, resume: Act
) -> None:
    task_id = new_task(runtime, on_claim, pause)
    eventually(lambda: column(runtime, "stage") == [2] * 3, what="three items back in the backlog")
    assert column(runtime, "worker_id") == column(runtime, "started_at") == [None] * 3
    resume(runtime, task_id)
    eventually(lambda: column(runtime, "status") == ["completed"] * 3, what="three completed items")
    assert column(runtime, "attempt") == [1] * 3


def test_a_repeated_claim_takes_nothing_from_another_worker(runtime: Runtime, database_url: str) -> None:
    create_task(runtime, NewTask("noop", [{}]))
    ids = column(runtime, "id")
    with psycopg.connect(database_url, autocommit=True) as conn:
        one, other = (_worker(conn) for _ in range(2))
        conn.execute("UPDATE queue_items SET stage = 3, dispatched_at = now()")
        assert list(claim_items(conn, one, ids)) == ids
        assert claim_items(conn, other, ids, again=True) == {}
        assert list(claim_items(conn, one, ids, again=True)) == ids


@pytest.mark.usefixtures("worker")
def test_a_cancel_of_which_nobody_gave_a_hint_is_noticed(runtime: Runtime) -> None:
    def wait(payload: Any, context: Context) -> None:
        context.sleep(60)

    noop = runtime.registry.get("noop")
    runtime.registry.add(Operation("waits", noop.payload, wait, "Wait."))
    task_id = create_task(runtime, NewTask("waits", [{}])).task_id
    eventually(lambda: column(runtime, "status") == ["running"], what="a running item")
    with runtime.transaction() as session:
        assert tasks.cancel_task(db.raw(session), task_id, "who died right after it")
    eventually(lambda: column(runtime, "status") == ["canceled"], what="a canceled item")


def _worker(conn: Conn) -> int:
    return register(conn, broker_id="b", host="h", pid=1, lanes=["normal"], threads=1)
