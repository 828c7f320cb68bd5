"""The rate limit: exact in any rolling second, over processes and threads."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from queueapp import bootstrap, errors
from queueapp.rate_limit import RateLimit

#: A process with threads that send as fast as they are let, and print when (a clock all processes share).
SENDER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from queueapp import bootstrap, errors
from queueapp.rate_limit import RateLimit
limit = RateLimit(bootstrap.make_redis(sys.argv[1]), "test", float(sys.argv[2]))
def send(_):
    while True:
        try:
            limit.wait_for_turn(time.sleep)
            return time.monotonic()
        except errors.RetryLater:
            pass  # the machine was too busy to keep the pace; a worker would come back later too
with ThreadPoolExecutor(4) as threads:
    print(*threads.map(send, range(int(sys.argv[3]))))
"""


def most_in_a_second(moments: list[float]) -> int:
    """The most arrivals in any half-open second."""
    ordered = sorted(moments)
    return max(sum(1 for other in ordered if one <= other < one + 1) for one in ordered)


def test_no_second_sees_more_than_allowed_whatever_the_number_of_processes(redis_url: str) -> None:
    command = [sys.executable, "-c", SENDER, redis_url, "20", "15"]
    senders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    moments = [float(moment) for sender in senders for moment in sender.communicate(timeout=90)[0].split()]
    assert [sender.returncode for sender in senders] == [0, 0, 0]
    assert len(moments) == 45
    assert most_in_a_second(moments) <= 20


def test_threads_of_one_process_take_turns(runtime: bootstrap.Runtime) -> None:
    limit = RateLimit(runtime.redis, "test", 50)
    granted: list[float] = []

    def take(_: int) -> None:
        limit.wait_for_turn(time.sleep)
        granted.append(time.monotonic())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(take, range(60)))
    assert most_in_a_second(granted) <= 50


def test_two_providers_do_not_wait_for_each_other(runtime: bootstrap.Runtime) -> None:
    waits: list[float] = []
    RateLimit(runtime.redis, "one", 0.2).wait_for_turn(waits.append)
    RateLimit(runtime.redis, "other", 0.2).wait_for_turn(waits.append)
    assert waits == []


def test_a_turn_too_far_off_goes_back_to_the_ledger(runtime: bootstrap.Runtime) -> None:
    limit = RateLimit(runtime.redis, "slow", 0.01)
    limit.wait_for_turn(time.sleep)
    with pytest.raises(errors.RetryLater) as refused:
        limit.wait_for_turn(time.sleep)
    assert not refused.value.uses_attempt
    assert 108 <= (refused.value.seconds or 0) <= 121


def test_a_turn_that_was_missed_is_not_used(runtime: bootstrap.Runtime) -> None:
    """A machine that stalls between the grant and the request must not send at another's moment."""
    limit = RateLimit(runtime.redis, "test", 10)
    stalls = iter([0.2, 0.0, 0.0, 0.0])
    slept: list[float] = []

    def stalling(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds + next(stalls))

    for _ in range(3):
        limit.wait_for_turn(stalling)
    # The second turn was missed and taken anew, at once; so the third has to wait for it.
    assert len(slept) == 2
    assert slept[1] > 0.05


def test_the_limit_leaves_nothing_in_redis_for_long(runtime: bootstrap.Runtime) -> None:
    RateLimit(runtime.redis, "test", 20).wait_for_turn(time.sleep)
    assert 0 < int(str(runtime.redis.pttl("queueapp:rate:test"))) <= 2000
