"""The lease has one holder at a time, by Postgres's clock."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.models.schedule import SchedulerLeader
from queueapp.services.schedule import scheduler_lease


def take(runtime: Runtime, holder: str) -> bool:
    with runtime.transaction() as session:
        return scheduler_lease.take_or_renew(session, holder, "host", 1)


def pass_seconds(runtime: Runtime, seconds: float) -> None:
    """Let time pass for the lease: its times move into the past."""
    by = timedelta(seconds=seconds)
    with runtime.transaction() as session:
        session.execute(
            sa.update(SchedulerLeader).values(
                renewed_at=SchedulerLeader.renewed_at - by, expires_at=SchedulerLeader.expires_at - by
            )
        )


def health(runtime: Runtime) -> scheduler_lease.SchedulerHealth:
    with runtime.transaction() as session:
        return scheduler_lease.health(session)


def test_the_first_to_ask_leads_and_the_second_stands_by(runtime: Runtime) -> None:
    assert take(runtime, "a")
    assert not take(runtime, "b")
    assert take(runtime, "a")


def test_a_lease_that_is_not_renewed_passes_on_after_its_length(runtime: Runtime) -> None:
    take(runtime, "a")
    pass_seconds(runtime, scheduler_lease.LEASE_SECONDS - 2)
    assert not take(runtime, "b")
    pass_seconds(runtime, 2)
    assert take(runtime, "b")
    assert not take(runtime, "a")


def test_a_renewed_lease_lasts_its_length_again(runtime: Runtime) -> None:
    take(runtime, "a")
    pass_seconds(runtime, scheduler_lease.LEASE_SECONDS - 2)
    take(runtime, "a")
    pass_seconds(runtime, scheduler_lease.LEASE_SECONDS - 2)
    assert not take(runtime, "b")


def test_a_lease_given_up_is_free_at_once(runtime: Runtime) -> None:
    take(runtime, "a")
    with runtime.transaction() as session:
        scheduler_lease.release(session, "b")
    assert not take(runtime, "b")
    with runtime.transaction() as session:
        scheduler_lease.release(session, "a")
    assert take(runtime, "b")


def test_health_says_who_leads_and_since_when_nobody_does(runtime: Runtime) -> None:
    assert health(runtime) == scheduler_lease.SchedulerHealth(running=False)
    take(runtime, "a")
    fresh = health(runtime)
    assert (fresh.running, fresh.host, fresh.pid) == (True, "host", 1)
    assert fresh.seconds_since_beat is not None
    assert 0 <= fresh.seconds_since_beat < 5
    pass_seconds(runtime, 60)
    stale = health(runtime)
    assert not stale.running
    assert stale.seconds_since_beat is not None
    assert stale.seconds_since_beat >= 60
