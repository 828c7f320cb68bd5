"""Which lane a process serves next: the urgent ones first, and none is ever starved."""

from __future__ import annotations

from queueapp.bootstrap import Runtime
from queueapp.dispatch.inbox import LOWEST_FIRST_EVERY, Inbox
from queueapp.priorities import LANES
from queueapp.services.enqueue import NewTask, create_task


def fill(runtime: Runtime, priority: int, tasks: int) -> None:
    """Tasks of one item each."""
    for _ in range(tasks):
        create_task(runtime, NewTask("noop", [{}], priority=priority))


def test_the_urgent_lane_is_served_first(runtime: Runtime) -> None:
    fill(runtime, 8, 3)
    fill(runtime, 1, 3)
    inbox = Inbox(runtime.redis, "a process", LANES)
    assert [one.lane for one in inbox.fetch(3)] == ["critical"] * 3


def test_a_lane_below_an_inexhaustible_one_still_moves(runtime: Runtime) -> None:
    fill(runtime, 1, 3 * LOWEST_FIRST_EVERY)
    fill(runtime, 8, 3)
    inbox = Inbox(runtime.redis, "a process", LANES)
    fetched = [one.lane for _ in range(2 * LOWEST_FIRST_EVERY) for one in inbox.fetch(1)]
    assert fetched.count("low") == 2
    assert fetched.count("critical") == 2 * LOWEST_FIRST_EVERY - 2
