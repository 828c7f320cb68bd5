"""An isolated item as its worker sees it: a child that answers, one that is killed, one that not even a kill ends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from pydantic import BaseModel

from queueapp.execution.attempt import Verdict
from queueapp.execution.held import Delivery, HeldItem
from queueapp.execution.interrupts import Reason
from queueapp.execution.isolated import children as children_module
from queueapp.execution.isolated.children import Children
from queueapp.execution.isolated.session import Session
from queueapp.execution.isolated.wire import Done, Hello, Job, Line, Stop, Stopping, Wire
from queueapp.ledger.claims import Claim
from queueapp.ledger.outcomes import Move
from queueapp.ledger.progress import Report
from queueapp.operations import Operation
from tests.waiting import eventually

PID = 2**30  # above every process id


class Nothing(BaseModel):
    """No payload."""


OPERATION = Operation("test", Nothing, lambda payload, context: None, "Does nothing.", isolated=True)


class Said:
    """Keeps what an item told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def report(self, report: Report) -> None:
        self.lines.append(f"{report.progress}")

    def line(self, item_id: int, level: str, message: str) -> None:
        self.lines.append(message)

    def warning(self, task_id: int, message: str) -> None:
        self.warnings.append(message)


def _item() -> HeldItem:
    claim = Claim(5, 1, "test", 1, 1, 6, "{}", dry_run=False)
    return HeldItem(claim, 1, Delivery("normal", "x", 1), 0.0, 60.0)


OPEN: list[Wire] = []


@pytest.fixture(autouse=True)
def _hang_up_at_the_end() -> Iterator[None]:
    yield
    while OPEN:
        wire = OPEN.pop()
        wire.hang_up()
        with contextlib.suppress(OSError):
            wire.close()


def _wires() -> tuple[Wire, Wire]:
    ours, theirs = map(Wire, socket.socketpair())
    OPEN.extend([ours, theirs])
    return ours, theirs


def _child(wire: Wire, act: Callable[[Wire], None]) -> None:
    def live() -> None:
        with contextlib.suppress(EOFError, OSError):
            act(wire)

    threading.Thread(target=live, daemon=True).start()


def _be_deaf(wire: Wire) -> None:
    while True:
        wire.receive()


def test_what_a_child_says_reaches_the_worker() -> None:
    def act(wire: Wire) -> None:
        assert isinstance(wire.receive(), Job)
        wire.send(Line("working", "info"))
        wire.send(Line("careful", None))
        wire.send(Done(Verdict(Move.COMPLETED, result="{}"), 1))

    ours, theirs = _wires()
    _child(theirs, act)
    said = Said()
    done = Session(ours, PID, kill=pytest.fail).run(_item(), said)
    assert done is not None
    assert (done.verdict.move, said.lines, said.warnings) == (Move.COMPLETED, ["working"], ["careful"])


def test_an_actor_that_gets_the_interrupt_may_clean_up() -> None:
    def act(wire: Wire) -> None:
        wire.receive()
        assert wire.receive() == Stop(5, Reason.CANCELED)
        wire.send(Stopping())
        time.sleep(0.15)
        wire.send(Done(Verdict(Move.CANCELED), 1))

    ours, theirs = _wires()
    _child(theirs, act)
    item = _item()
    threading.Timer(0.05, item.interrupts.request, [Reason.CANCELED]).start()
    session = Session(ours, PID, kill=pytest.fail)
    assert session.run(item, Said()) is not None
    assert session.stopped


def test_a_child_that_does_not_listen_is_killed() -> None:
    ours, theirs = _wires()
    _child(theirs, _be_deaf)
    item = _item()
    item.interrupts.request(Reason.CANCELED)
    killed: list[int] = []

    def kill(pid: int) -> None:
        killed.append(pid)
        theirs.hang_up()

    session = Session(ours, PID, kill=kill)
    assert session.run(item, Said()) is None
    assert (killed, session.abandoned) == ([PID], False)


class Nursery:
    """Forks threads that play children."""

    def __init__(self, act: Callable[[Wire], None]) -> None:
        self.act = act
        self.pids = iter(range(PID, PID + 100))
        self.forked: list[int] = []
        self.ended = threading.Event()

    def fork(self) -> Wire:
        ours, theirs = _wires()
        pid = next(self.pids)
        self.forked.append(pid)

        def act(wire: Wire) -> None:
            wire.send(Hello(pid, 1))
            self.act(wire)

        _child(theirs, act)
        return ours

    def next_end(self) -> tuple[int, int] | None:
        self.ended.wait()
        self.ended.clear()
        return self.forked[0], 9

    def close(self) -> None:
        """Nothing is left behind."""


def test_a_child_that_cannot_be_killed_is_left_behind_and_shown_until_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children_module, "Session", partial(Session, kill=lambda pid: None))
    nursery = Nursery(_be_deaf)
    children = Children(nursery, on_lost=lambda: None)  # type: ignore[arg-type]
    children.start()
    item, said = _item(), Said()
    threading.Timer(0.05, item.interrupts.request, [Reason.CANCELED]).start()
    began = time.monotonic()
    assert children.run(OPERATION, item, said).move is Move.CANCELED
    assert time.monotonic() - began < 10
    (shown,) = children.abandoned()
    assert (shown["pid"], shown["item_id"], shown["operation"]) == (PID, 5, "test")
    assert "cannot be killed" in said.lines[0]
    assert eventually(lambda: len(nursery.forked) == 2), "another child takes its place"
    nursery.ended.set()
    eventually(lambda: not children.abandoned())


def test_a_child_is_used_again_until_it_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([1, 2, children_module.MAX_GROWTH_BYTES + 2, 1])

    def act(wire: Wire) -> None:
        while True:
            wire.receive()
            wire.send(Done(Verdict(Move.COMPLETED), next(sizes)))

    nursery = Nursery(act)
    children = Children(nursery, on_lost=lambda: None)  # type: ignore[arg-type]
    children.start()
    for forked in (2, 2, 2, 3):
        assert children.run(OPERATION, _item(), Said()).move is Move.COMPLETED
        eventually(lambda forked=forked: len(nursery.forked) == forked, what=f"{forked} children")


def test_a_child_past_the_memory_limit_is_replaced_after_its_item() -> None:
    sizes = iter([100, 101, 1])

    def act(wire: Wire) -> None:
        while True:
            wire.receive()
            wire.send(Done(Verdict(Move.COMPLETED), next(sizes)))

    nursery = Nursery(act)
    children = Children(nursery, on_lost=lambda: None, memory_limit_bytes=100)  # type: ignore[arg-type]
    children.start()
    for forked in (2, 2, 3):
        assert children.run(OPERATION, _item(), Said()).move is Move.COMPLETED
        eventually(lambda forked=forked: len(nursery.forked) == forked, what=f"{forked} children")
