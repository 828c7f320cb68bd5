"""A TCP proxy in front of a server, which can delay, cut and blackhole what passes through it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Opens a connection to the server behind the proxy.
Upstream = Callable[[], socket.socket]


def to_socket_file(path: Path) -> Upstream:
    """The way to a server that listens on a Unix socket."""

    def connect() -> socket.socket:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.connect(str(path))
        except OSError:
            server.close()
            raise
        return server

    return connect


class Wire:
    """One connection through the proxy: two sockets, a thread for each direction, and a gate that holds both."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server: socket.socket | None = None
        self.gate = threading.Event()

    def connect(self) -> None:
        """Connect to the server, once the gate is open, and pass on what the client says."""
        self.gate.wait()
        try:
            if self._proxy.refusing:
                raise ConnectionRefusedError
            self._server = self._proxy.upstream()
        except OSError:
            self.end()
            return
        threading.Thread(target=self._pump, args=[self._server, self._client], daemon=True).start()
        self._pump(self._client, self._server)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._proxy.delay_seconds:
                    time.sleep(self._proxy.delay_seconds)
                self.gate.wait()
                target.sendall(data)
        self.end()

    def end(self) -> None:
        """Break the connection."""
        for side in (self._client, self._server):
            if side is not None:
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
                side.close()
        self._proxy.forget(self)


class Proxy:
    """Listens on a port of 127.0.0.1. The faults may be set from any thread; `heal` ends them all."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.refusing = False
        self.delay_seconds = 0.0
        self._holding = False
        self._lock = threading.Lock()
        self._wires: set[Wire] = set()
        self._silent: set[Wire] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def delay(self, seconds: float) -> None:
        """Let everything that passes wait, piece by piece, either way."""
        self.delay_seconds = seconds

    def cut(self) -> None:
        """Break every connection, and each new one as it is made, until healed."""
        self.refusing = True
        for wire in self._all():
            wire.end()

    def blackhole(self) -> None:
        """Let nothing through, either way, and break nothing: both ends wait, those of new connections too."""
        with self._lock:
            self._holding = True
            for wire in self._wires:
                wire.gate.clear()

    def heal(self, *, silent: bool = False) -> None:
        """Be a wire again. What was held back arrives late; or, with `silent`, those connections stay dead.

        Dead, but open: an end that says nothing for ever is worse than one that is closed.
        """
        with self._lock:
            self._holding = self.refusing = False
            self.delay_seconds = 0.0
            if silent:
                self._silent |= self._wires
                self._wires = set()
            for wire in self._wires:
                wire.gate.set()

    def close(self) -> None:
        """Stop listening, and break every connection."""
        self.refusing = True
        self._listener.close()
        for wire in self._all():
            wire.end()
            wire.gate.set()

    def forget(self, wire: Wire) -> None:
        """Drop a wire that has been broken."""
        with self._lock:
            self._wires.discard(wire)
            self._silent.discard(wire)

    def _all(self) -> list[Wire]:
        with self._lock:
            return [*self._wires, *self._silent]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            wire = Wire(self, client)
            with self._lock:
                self._wires.add(wire)
                if not self._holding:
                    wire.gate.set()
            threading.Thread(target=wire.connect, daemon=True).start()


@contextmanager
def proxied(upstream: Upstream) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    proxy = Proxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
