"""Work beside the items of a worker process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, cast

import pytest

from queueapp.execution import side_work
from queueapp.execution.side_work import SideWork
from queueapp.runtime import Runtime

RUNTIME = cast("Runtime", object())


def test_side_work_is_given_the_runtime_and_ends_when_told() -> None:
    begun, given = threading.Event(), []

    def work(runtime: Runtime, lanes: Sequence[str], stopping: threading.Event) -> None:
        given.append((runtime, list(lanes)))
        begun.set()
        stopping.wait(30)

    beside = SideWork([work])
    beside.start(RUNTIME, ["high"])
    assert begun.wait(30)
    beside.stop()
    beside.join()
    assert given == [(RUNTIME, ["high"])]


def test_side_work_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_work, "AGAIN_SECONDS", 0.01)
    tries: list[Any] = []
    again = threading.Event()

    def work(runtime: Runtime, lanes: Sequence[str], stopping: threading.Event) -> None:
        tries.append(runtime)
        if len(tries) == 1:
            raise ZeroDivisionError
        again.set()
        stopping.wait(30)

    beside = SideWork([work])
    beside.start(RUNTIME, ["high"])
    assert again.wait(30)
    beside.stop()
    beside.join()
