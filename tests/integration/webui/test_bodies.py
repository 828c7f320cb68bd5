"""Bodies have a bound however they are sent; asked of a real gunicorn, for it takes the chunks apart."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Callable, Iterator

import pytest

from queueapp.runtime import Runtime
from tests.integration.webui.server import WebServer
from webui.bodies import MAX_BODY_BYTES
from webui.webhooks import MAX_BODY_BYTES as MAX_WEBHOOK_BYTES

MIB = 1024 * 1024


@pytest.fixture
def server(runtime: Runtime, make_key: Callable[[str], str]) -> Iterator[WebServer]:
    """gunicorn on this test's database and Redis."""
    web = WebServer(runtime.settings, make_key("admin"))
    web.start()
    yield web
    web.stop()


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // MIB):
        yield b" " * MIB
    yield b" " * (size % MIB)


def _send(
    server: WebServer, method: str, path: str, size: int, **headers: str
) -> tuple[int, dict[str, object] | None]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        given = {"X-Api-Key": server.key, "Content-Type": "application/json", **headers}
        body = _chunks(size) if "Content-Length" not in given else b"".join(_chunks(size))
        connection.request(
            method, path, body=body, headers=given, encode_chunked="Content-Length" not in given
        )
        response = connection.getresponse()
        text = response.read()
        is_problem = response.getheader("Content-Type", "").startswith("application/problem+json")
        return response.status, json.loads(text) if is_problem else None


def _raw(server: WebServer, body: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/queues/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\nX-Api-Key: " + server.key.encode() + b"\r\n\r\n" + body
        )
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65536)


@pytest.mark.timeout(240)
def test_a_body_over_its_bound_is_413_on_every_kind_of_route(server: WebServer) -> None:
    over = MAX_BODY_BYTES + 1
    routes = [
        ("POST", "/api/queues/tasks"),
        ("PATCH", "/api/queues/1"),
        ("PUT", "/api/media/1/locks"),
        ("POST", "/api/queues/1/cancel"),
        ("DELETE", "/api/queues/1"),
        ("POST", "/batch"),
        ("GET", "/api/queues"),
    ]
    for method, path in routes:
        status, problem = _send(server, method, path, over)
        assert (status, (problem or {}).get("status")) == (413, 413), f"{method} {path} in chunks"
    status, _ = _send(server, "POST", "/api/queues/tasks", over, **{"Content-Length": str(over)})
    assert status == 413
    assert _send(server, "POST", "/webhooks/radarr", MAX_WEBHOOK_BYTES + 1)[0] == 413
    assert _send(server, "POST", "/api/queues/tasks", over, **{"X-Api-Key": "none"})[0] == 401
    assert _send(server, "POST", "/api/queues/tasks", MAX_BODY_BYTES)[0] == 400, (
        "just blanks, but not too many"
    )
    assert server.get("/health")[0] == 200


def test_a_body_in_chunks_is_read_and_broken_chunks_are_the_senders_fault(server: WebServer) -> None:
    whole = b'{"type": "noop", "items": [{}]}'
    sent = b"8\r\n" + whole[:8] + b"\r\n%X\r\n" % len(whole[8:]) + whole[8:] + b"\r\n0\r\n\r\n"
    assert _raw(server, sent).startswith(b"HTTP/1.1 201")
    for broken in (
        b"zz\r\n{}\r\n0\r\n\r\n",
        b"8\r\n{}",
        b"2\r\n{}xx0\r\n\r\n",
        b"2\r\n{}\r\n0\r\nbad trailer\r\n\r\n",
    ):
        answer = _raw(server, broken)
        assert answer.startswith(b"HTTP/1.1 400"), answer
    assert "unexpected error" not in server.log()


def _refused(server: WebServer, request: bytes) -> tuple[str, dict[str, object]]:
    """The status line and the problem of a request that gunicorn does not let through."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head, answer
    return head.splitlines()[0].decode(), json.loads(body)


def test_what_never_reaches_the_application_is_a_problem_document_too(server: WebServer) -> None:
    long = b"GET /api/queues?q=" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    line, problem = _refused(server, long)
    assert line == "HTTP/1.1 414 URI Too Long"
    assert (problem["status"], problem["code"]) == (414, "uri_too_long")
    fields = b"GET /api/queues HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n"
    assert _refused(server, fields)[1]["status"] == 431
    assert _refused(server, b"NONSENSE\r\n\r\n")[1]["status"] == 400
