"""Whether others are to blame when nothing moves in a worker."""

from __future__ import annotations

import threading
from functools import partial

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.execution.outage import is_held_up
from queueapp.runtime import make_redis
from tests.waiting import eventually


def _held_up(runtime: Runtime) -> bool:
    return is_held_up(
        lambda durable: db.connect(runtime.settings.database_url or "", durable=durable), runtime.redis
    )


def test_nobody_is_to_blame_when_database_and_redis_answer(runtime: Runtime) -> None:
    assert not _held_up(runtime)


def test_a_migration_that_locks_a_table_is(runtime: Runtime) -> None:
    with db.connect(runtime.settings.database_url or "") as other, other.transaction():
        other.execute("LOCK TABLE queue_items IN SHARE MODE")
        assert _held_up(runtime)
    assert not _held_up(runtime)


def test_somebody_who_holds_a_row_that_others_wait_for_is(runtime: Runtime) -> None:
    url = runtime.settings.database_url or ""
    with db.connect(url) as holder, db.connect(url) as waiter:
        holder.execute("INSERT INTO queue_facts (name, value) VALUES ('x', '1')")
        with holder.transaction():
            holder.execute("UPDATE queue_facts SET value = '2' WHERE name = 'x'")
            update = partial(waiter.execute, "UPDATE queue_facts SET value = '3' WHERE name = 'x'")
            thread = threading.Thread(target=update)
            thread.start()
            eventually(lambda: _held_up(runtime))
        thread.join()
    assert not _held_up(runtime)


def test_a_database_or_redis_that_is_away_is(runtime: Runtime) -> None:
    def away(durable: bool) -> object:
        return db.connect("postgresql://nobody@/nothing?host=/nowhere", durable=durable)

    assert is_held_up(away, runtime.redis)  # type: ignore[arg-type]
    with make_redis("unix:///nowhere/redis.sock") as client:
        assert is_held_up(lambda durable: db.connect(runtime.settings.database_url or ""), client)
