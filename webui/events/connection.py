"""The answer that a stream is, and the connection below it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from webui.events.client import Client
from webui.events.hub import Hub


class Connection:
    """The connection below a stream, where the server lets us have it."""

    def __init__(self, connected: socket.socket | None) -> None:
        self._socket = connected

    def cut(self) -> None:
        """End it now: a write to who reads nothing never returns."""
        self._shut(socket.SHUT_RDWR)

    def take_no_more(self) -> None:
        """Let the server close it after what is being sent, instead of waiting for a further request."""
        self._shut(socket.SHUT_RD)

    def _shut(self, how: int) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(how)


class Wire:
    """Writes chunks of an answer past gunicorn, from the greenlet of the hub: one system call an event."""

    def __init__(self, connected: Any) -> None:
        self._connected = connected
        #: gevent's sockets hold the plain one, which never waits
        self._plain = connected._sock

    def send(self, data: bytes) -> bytes:
        """Write what goes without waiting; return the rest."""
        try:
            return data[self._plain.send(data) :]
        except OSError:
            return data  # not now, or never more: the reader finds out

    def finish(self, data: bytes) -> None:
        """Write all, however long that takes. Raises OSError when the connection has gone."""
        self._connected.sendall(data)


def connection() -> Connection:
    """The connection of this request."""
    return Connection(request.environ.get("gunicorn.socket"))


def wire() -> Wire | None:
    """A way past the server for this request's answer; None where it cannot be: no gevent, TLS, no chunks."""
    connected = request.environ.get("gunicorn.socket")
    is_chunked = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1" and request.method == "GET"
    is_gevents = type(connected).__module__.startswith("gevent._socket")
    return Wire(connected) if is_chunked and is_gevents else None


def stream(chunks: Iterator[bytes], client: Client, hub: Hub, below: Connection) -> Response:
    """Answer with what comes, until the client has gone or been dropped."""
    response = Response(chunks, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: hub.leave(client))
    response.call_on_close(below.take_no_more)
    return response
