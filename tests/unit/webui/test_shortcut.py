"""A reader at rest is written to directly; order is kept when its connection takes only a part."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from tests.waiting import eventually
from webui.events.client import Client
from webui.events.frames import Frame


class Wire:
    """Takes so many bytes without waiting, and any number with."""

    def __init__(self, room: int = 10**6) -> None:
        self.room = room
        self.written = b""

    def send(self, data: bytes) -> bytes:
        taken, rest = data[: self.room], data[self.room :]
        self.written += taken
        self.room -= len(taken)
        return rest

    def finish(self, data: bytes) -> None:
        self.written += data
        self.room = 10**6


def _frame(number: int) -> Frame:
    return Frame(None, None, f"e-{number}-0", b"data: %d\n\n" % number)


class Reader:
    """Reads a client in a thread and writes as a server would: each piece as a chunk."""

    def __init__(self, client: Client, wire: Wire) -> None:
        self._client, self._wire = client, wire
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        eventually(lambda: client._idle, 5)

    def _read(self) -> None:
        for piece in self._client.chunks():
            self._wire.written += b"%X\r\n%b\r\n" % (len(piece), piece)

    def end(self) -> None:
        self._client.end()
        self._thread.join(5)


def _numbers(written: bytes) -> Iterator[int]:
    return (int(line[6:]) for line in written.decode().splitlines() if line.startswith("data: "))


def test_a_reader_at_rest_is_not_woken() -> None:
    wire = Wire()
    client = Client(shortcut=wire)
    reader = Reader(client, wire)
    client.offer(_frame(1))
    assert wire.written == b"9\r\ndata: 1\n\n\r\n"
    assert client._idle
    reader.end()


def test_what_the_connection_does_not_take_follows_in_order() -> None:
    wire = Wire(room=5)
    client = Client(shortcut=wire)
    reader = Reader(client, wire)
    for number in range(1, 30):
        client.offer(_frame(number))
    reader.end()
    assert list(_numbers(wire.written)) == list(range(1, 30))


def test_what_a_replay_has_told_is_not_told_again() -> None:
    wire = Wire()
    client = Client(shortcut=wire)
    client.pass_over("e-2-0")
    reader = Reader(client, wire)
    for number in (1, 2, 3):
        client.offer(_frame(number))
    reader.end()
    assert list(_numbers(wire.written)) == [3]
