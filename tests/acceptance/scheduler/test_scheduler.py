"""Real scheduler processes: each due time fires once, whatever happens to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from queueapp.bootstrap import Runtime
from queueapp.embedded.postgres import Postgres
from queueapp.models.schedule import Schedule
from tests.acceptance.scheduler.scheduler_processes import (
    START_SECONDS,
    Scheduler,
    leader_pid,
    schedulers,
    wait_for_leader,
)
from tests.integration.schedule_rows import (
    add_schedule,
    all_tasks,
    finish_all_tasks,
    reread,
    runs_of,
    set_due,
)
from tests.waiting import eventually

Start = Callable[[], Scheduler]


@pytest.fixture
def start(runtime: Runtime, tmp_path: Path) -> Iterator[Start]:
    with schedulers(runtime, tmp_path / "scheduler.log") as starter:
        yield starter


def has_run(runtime: Runtime, times: int, name: str = "tick") -> bool:
    return len(runs_of(runtime, name)) >= times


def has_schedule(runtime: Runtime, name: str) -> bool:
    with runtime.transaction() as session:
        return session.scalar(sa.select(Schedule.id).where(Schedule.name == name)) is not None


def test_what_was_missed_fires_once_on_return(runtime: Runtime, start: Start) -> None:
    schedule = add_schedule(runtime, due_in_seconds=-3 * 24 * 3600)
    add_schedule(runtime, "other", due_in_seconds=1)
    wait_for_leader(runtime, start())
    eventually(lambda: has_run(runtime, 1) and has_run(runtime, 1, "other"))
    finish_all_tasks(runtime)
    set_due(runtime, "other", 0.5)
    eventually(lambda: has_run(runtime, 2, "other"))
    (run,) = runs_of(runtime)
    assert run.due_at == schedule.next_due_at


def test_a_changed_row_is_acted_on_without_a_restart(runtime: Runtime, start: Start) -> None:
    wait_for_leader(runtime, start())
    add_schedule(runtime, due_in_seconds=3600)
    set_due(runtime, "tick", 0.2)
    eventually(lambda: has_run(runtime, 1))


def test_sigterm_ends_it_with_0_and_frees_the_lease_at_once(runtime: Runtime, start: Start) -> None:
    leader = start()
    wait_for_leader(runtime, leader)
    leader.terminate()
    assert leader.wait(10) == 0
    assert leader_pid(runtime) is None


def test_the_built_in_cleanup_is_there_after_the_first_start(runtime: Runtime, start: Start) -> None:
    start()
    eventually(lambda: has_schedule(runtime, "cleanup"), seconds=START_SECONDS)
    assert reread(runtime, "cleanup").interval_seconds == 24 * 3600


@contextmanager
def database_away(runtime: Runtime, postgres: Postgres) -> Iterator[None]:
    """Refuse every connection to this test's database, and end those there are."""
    name = conninfo_to_dict(runtime.settings.database_url or "")["dbname"]
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        refuse = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        connection.execute(refuse.format(sql.Identifier(str(name)), sql.Literal(False)))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        yield
        connection.execute(refuse.format(sql.Identifier(str(name)), sql.Literal(True)))


def test_it_waits_for_a_database_that_is_away_and_goes_on(
    runtime: Runtime, start: Start, postgres: Postgres, tmp_path: Path
) -> None:
    add_schedule(runtime, due_in_seconds=3600)
    process = start()
    wait_for_leader(runtime, process)
    set_due(runtime, "tick", 2)
    log = tmp_path / "scheduler.log"
    with database_away(runtime, postgres):
        late = start()
        eventually(lambda: log.read_text().count("waits") >= 2, seconds=START_SECONDS)
    eventually(lambda: has_run(runtime, 1), seconds=START_SECONDS)
    assert (process.poll(), late.poll()) == (None, None)
    assert len(all_tasks(runtime)) == 1
