"""The process that forks children for isolated items.

It is forked itself before its worker process starts any thread, with all actors imported: so a fork of it is safe,
takes milliseconds and shares memory, which a fork of the many-threaded worker would not be, and a fresh
interpreter would not do. It ends, and its children with it, when its worker does.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from queueapp.execution.isolated import child
from queueapp.execution.isolated.wire import Wire
from queueapp.processes import die_with_parent, kill_group

if TYPE_CHECKING:
    from queueapp.runtime import Runtime

#: How the nursery tells of a child's end: its process id and its status as os.waitpid gives it.
ENDED = struct.Struct("ii")


@dataclass(frozen=True, slots=True)
class Nursery:
    """The worker's end of a nursery."""

    pid: int
    _line: socket.socket

    def fork(self) -> Wire:
        """Have a child forked and return the wire to it; raises OSError when the nursery is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._line, [b"f"], [theirs.fileno()])
        return Wire(ours)

    def next_end(self) -> tuple[int, int] | None:
        """Wait for the end of a child and return its process id and status; None when the nursery is gone."""
        try:
            told = self._line.recv(ENDED.size, socket.MSG_WAITALL)
        except OSError:
            return None
        return ENDED.unpack(told) if len(told) == ENDED.size else None

    def close(self) -> None:
        """End the nursery and all its children."""
        try:
            self._line.shutdown(socket.SHUT_RDWR)
            os.waitpid(self.pid, 0)
        except OSError:
            pass


def start(make_runtime: Callable[[], Runtime]) -> Nursery:
    """Fork a nursery; to be called before this process has any other thread."""
    ours, theirs = socket.socketpair()
    worker = os.getpid()
    pid = os.fork()
    if pid:
        theirs.close()
        return Nursery(pid, ours)
    try:
        ours.close()
        _be_nursery(theirs, worker, make_runtime)
    finally:
        os._exit(1)


def _be_nursery(line: socket.socket, worker: int, make_runtime: Callable[[], Runtime]) -> NoReturn:
    _leave_home(worker)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its worker, which may still be draining
    ours, wake = socket.socketpair()
    wake.setblocking(False)
    ours.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    alive: set[int] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        selector.register(ours, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if ours in ready:
                ours.recv(4096)
                _reap(line, alive)
            if line in ready:
                _, ends, _, _ = socket.recv_fds(line, 1, 1)
                if not ends:
                    for one in alive:
                        kill_group(one)
                    os._exit(0)
                alive.add(_fork_child(socket.socket(fileno=ends[0]), line, make_runtime))


def _reap(line: socket.socket, alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        alive.discard(pid)
        line.sendall(ENDED.pack(pid, status))


def _fork_child(end: socket.socket, line: socket.socket, make_runtime: Callable[[], Runtime]) -> int:
    nursery = os.getpid()
    pid = os.fork()
    if pid:
        end.close()
        return pid
    try:
        _leave_home(nursery)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        line.close()
        child.run(Wire(end), make_runtime)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _leave_home(parent: int) -> None:
    """Lead a session of its own, die with the parent, and write to the plain standard error."""
    os.setsid()
    ask_kernel = die_with_parent(signal.SIGKILL)
    if ask_kernel is not None:
        ask_kernel()
        if os.getppid() != parent:
            os._exit(0)
    sys.stdout = sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
