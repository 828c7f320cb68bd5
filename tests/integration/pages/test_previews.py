"""Previews of pictures that are offered and not fetched: served by us, within bounds, never as a broken image."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image as Picture

from queueapp.bootstrap import Runtime
from queueapp.media.preview_cache import PreviewCache
from queueapp.models.image import Image
from queueapp.models.media import MediaKind
from queueapp.services.title import previews
from queueapp.services.title.previews import Previews, Wanted
from tests.integration.pages.reader import Reader
from tests.integration.pages.test_artwork import add_title
from tests.servers import pictures
from tests.servers.loopback import Loopback, Reply, Request
from tests.waiting import eventually


class Pictures(Loopback):
    """An image server with pictures by their path."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, bytes] = {}

    def answer(self, request: Request) -> Reply:
        """Send a picture, or 404."""
        found = self.known.get(request.path)
        return Reply(200, found, {"Content-Type": "image/jpeg"}) if found else Reply(404, b"none")


@pytest.fixture
def server() -> Iterator[Pictures]:
    """An image server on loopback."""
    with Pictures() as running:
        yield running


@pytest.fixture
def film(runtime: Runtime, tmp_path: Path) -> int:
    """A film; its id."""
    return add_title(runtime, tmp_path, MediaKind.MOVIE, "Nosferatu")


def offer(
    runtime: Runtime, media_id: int, url: str, *, kind: str = "poster", provider: str = "tmdb",
    width: int = 1000, height: int = 1500,
) -> str:  # fmt: skip
    """Offer a picture; returns the address of its preview."""
    with runtime.transaction() as session:
        image = Image(media_id=media_id, kind=kind, url=url, provider=provider, width=width, height=height)
        session.add(image)
        session.flush()
        return f"/media/pictures/offered/{image.id}"


def wanted(server: Loopback, name: str = "p.jpg") -> Wanted:
    return Wanted("tmdb", "poster", f"{server.url}/t/p/original/{name}")


def cache_of(folder: Path) -> Previews:
    return Previews(PreviewCache.of(folder))


def test_the_small_variant_is_fetched_once_scaled_and_kept(
    viewer: Reader, runtime: Runtime, film: int, server: Pictures
) -> None:
    server.known["/t/p/w342/p.jpg"] = pictures.jpeg(720, 1080)
    address = offer(runtime, film, f"{server.url}/t/p/original/p.jpg")
    for _ in range(2):
        with viewer._client.get(address) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
            assert Picture.open(io.BytesIO(answer.data)).size == (360, 540)
            assert "private" in answer.headers["Cache-Control"]
    assert server.paths() == ["/t/p/w342/p.jpg"]
    assert address in viewer.open(f"/media/{film}/artwork").page.xpath("//main//img/@src")


def test_a_logo_keeps_its_transparency(viewer: Reader, runtime: Runtime, film: int, server: Pictures) -> None:
    encoded = io.BytesIO()
    Picture.new("RGBA", (800, 310), (255, 0, 0, 51)).save(encoded, "PNG")
    server.known["/preview/movies/653/hdmovielogo/l.png"] = encoded.getvalue()
    url = f"{server.url}/fanart/movies/653/hdmovielogo/l.png"
    with viewer._client.get(offer(runtime, film, url, kind="clearlogo", provider="fanarttv")) as answer:
        assert answer.mimetype == "image/png"
        assert Picture.open(io.BytesIO(answer.data)).getpixel((5, 5)) == (255, 0, 0, 51)


def test_where_there_is_no_small_variant_the_picture_itself_is_scaled(
    viewer: Reader, runtime: Runtime, film: int, server: Pictures
) -> None:
    server.known["/fanart/p.jpg"] = pictures.jpeg(1000, 1426)
    with viewer._client.get(
        offer(runtime, film, f"{server.url}/fanart/p.jpg", provider="fanarttv")
    ) as answer:
        assert Picture.open(io.BytesIO(answer.data)).width == 360
    assert server.paths() == ["/preview/p.jpg", "/fanart/p.jpg"]


@pytest.mark.parametrize(
    "reply",
    [Reply(500, b""), Reply(404, b""), Reply(200, b"<html>no picture"), Reply(200, b"x" * 99, cut_after=5)],
    ids=["broken", "not there", "no picture", "cut"],
)
def test_a_picture_that_cannot_be_had_is_a_frame_with_its_size_and_not_asked_for_again(
    viewer: Reader, runtime: Runtime, film: int, server: Pictures, reply: Reply
) -> None:
    server.faults.extend([reply] * 2)
    address = offer(runtime, film, f"{server.url}/t/p/original/p.jpg")
    for _ in range(2):
        with viewer._client.get(address) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
            assert "1000 × 1500" in answer.text
            assert answer.headers["Cache-Control"] == "no-store"
    assert server.paths().count("/t/p/w342/p.jpg") == 1


def test_a_picture_of_unknown_size_says_so(viewer: Reader, runtime: Runtime, film: int) -> None:
    address = offer(runtime, film, "http://127.0.0.1:1/original/p.jpg", kind="thumb", width=0, height=0)
    with viewer._client.get(address) as answer:
        assert "Size unknown" in answer.text


def test_only_what_a_title_is_offered_is_fetched_and_only_for_those_signed_in(
    app: Flask, viewer: Reader, runtime: Runtime, film: int, server: Pictures
) -> None:
    actor = offer(runtime, film, f"{server.url}/t/p/original/a.jpg", kind="actor")
    poster = offer(runtime, film, f"{server.url}/t/p/original/p.jpg")
    for address in (actor, "/media/pictures/offered/99999", "/media/pictures/offered/x"):
        assert viewer._client.get(address).status_code == 404
    assert app.test_client().get(poster).status_code == 302
    assert server.requests == []


def test_a_server_may_not_send_us_to_another_one(tmp_path: Path, server: Pictures) -> None:
    server.known["/elsewhere.jpg"] = pictures.jpeg()
    other = server.url.replace("127.0.0.1", "localhost")
    server.faults.extend([Reply(302, b"", {"Location": f"{other}/elsewhere.jpg"})] * 2)
    assert cache_of(tmp_path).get(wanted(server)) is None
    assert "/elsewhere.jpg" not in server.paths()
    server.faults.append(Reply(302, b"", {"Location": "/elsewhere.jpg"}))
    assert cache_of(tmp_path).get(wanted(server, "q.jpg")) is not None


def test_nobody_waits_longer_than_the_bound_for_a_slow_server(tmp_path: Path, server: Pictures) -> None:
    server.faults.append(Reply(200, pictures.jpeg(), {}, delay_seconds=30))
    of = cache_of(tmp_path)
    began = time.monotonic()
    assert of.get(wanted(server), 0.3) is None
    assert time.monotonic() - began < 2
    server.known["/t/p/w342/q.jpg"] = pictures.jpeg()
    assert of.get(wanted(server, "q.jpg")) is not None


def test_a_preview_that_had_to_wait_for_its_turn_is_kept_for_the_next_time(
    tmp_path: Path, server: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "AT_ONCE", 1)
    server.faults.append(Reply(200, pictures.jpeg(), {}, delay_seconds=1.2))
    server.known["/t/p/w342/q.jpg"] = pictures.jpeg()
    cache = PreviewCache.of(tmp_path)
    of = Previews(cache)
    first = threading.Thread(target=of.get, args=(wanted(server), 5))
    first.start()
    eventually(lambda: len(server.requests) == 1, 5, what="the first request")
    server.faults.append(Reply(200, pictures.jpeg(), {}, delay_seconds=1.2))
    assert of.get(wanted(server, "q.jpg"), 2.0) is None
    eventually(lambda: cache.find(wanted(server, "q.jpg").url) is not None, 5, what="the late preview")
    first.join()


def test_nobody_waits_longer_than_the_bound_for_an_answer_whose_head_does_not_end(tmp_path: Path) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening, over))
        dripping.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/t/p/original/p.jpg"
        assert cache_of(tmp_path).get(Wanted("tmdb", "poster", url), 0.3) is None
        assert time.monotonic() - began < 2
        over.set()
        dripping.join()


def drip(listening: socket.socket, over: threading.Event) -> None:
    """Answer one request with a head that comes byte by byte."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not over.wait(0.05):
            connection.sendall(b"x")


def test_no_more_than_a_few_pictures_are_asked_for_at_a_time(
    tmp_path: Path, server: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "AT_ONCE", 2)
    server.faults.extend([Reply(200, pictures.jpeg(), {}, delay_seconds=0.4)] * 4)
    of = cache_of(tmp_path)
    asking = [threading.Thread(target=of.get, args=(wanted(server, f"{number}.jpg"),)) for number in range(4)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    times = [request.at for request in server.requests]
    assert len(times) == 4
    assert times[2] - times[0] >= 0.35


def test_a_server_that_fails_again_and_again_is_left_alone(tmp_path: Path, server: Pictures) -> None:
    server.faults.extend([Reply(503, b"")] * previews.FAILURES_TO_REST)
    of = cache_of(tmp_path)
    for number in range(previews.FAILURES_TO_REST + 2):
        server.known[f"/t/p/w342/{number}.jpg"] = pictures.jpeg()
        assert of.get(wanted(server, f"{number}.jpg")) is None
    assert len(server.requests) == previews.FAILURES_TO_REST


def test_a_picture_that_rested_is_asked_for_again(
    tmp_path: Path, server: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "POSTPONED_SECONDS", 0.2)
    server.faults.append(Reply(503, b""))
    server.known["/t/p/w342/p.jpg"] = pictures.jpeg()
    of = cache_of(tmp_path)
    assert of.get(wanted(server)) is None
    eventually(lambda: of.get(wanted(server)) is not None, 5, what="the preview")
    assert len(server.requests) == 2


def test_a_cache_that_cannot_be_written_costs_the_preview_only(tmp_path: Path, server: Pictures) -> None:
    server.known["/t/p/w342/p.jpg"] = pictures.jpeg()
    (tmp_path / "cache").write_bytes(b"in the way")
    assert cache_of(tmp_path).get(wanted(server)) is None
