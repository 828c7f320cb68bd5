"""Jellyfin: one call for all folders, and a test that a wrong key cannot pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queueapp import errors
from queueapp.connectors.jellyfin import Jellyfin
from tests.servers.jellyfin import KEY, JellyfinServer
from tests.servers.loopback import GARBAGE, Reply


@pytest.fixture
def server() -> Iterator[JellyfinServer]:
    with JellyfinServer() as running:
        yield running


def test_all_folders_go_in_one_call(server: JellyfinServer) -> None:
    updates = [(f"/media/films/{number}", "Modified") for number in range(300)]
    assert Jellyfin("Jellyfin", server.url, KEY).report_changed(updates) == 1  # type: ignore[arg-type]
    assert server.updates == updates


def test_only_the_token_is_sent(server: JellyfinServer) -> None:
    Jellyfin("Jellyfin", f"{server.url}/", KEY).system_info()
    headers = server.requests[0].headers
    assert headers["authorization"] == f'MediaBrowser Token="{KEY}"'
    assert not any(name.startswith(("x-emby", "x-mediabrowser")) for name in headers)


def test_a_wrong_key_is_permanent(server: JellyfinServer) -> None:
    for key in ("wrong", None):
        with pytest.raises(errors.Permanent, match="refuses the API key"):
            Jellyfin("Jellyfin", server.url, key).system_info()


def test_a_server_that_is_starting_is_tried_later(server: JellyfinServer) -> None:
    server.faults.append(Reply(503, b"", {"Retry-After": "5"}))
    with pytest.raises(errors.RetryLater) as failed:
        Jellyfin("Jellyfin", server.url, KEY).report_changed([("/x", "Modified")])
    assert failed.value.seconds == 5


def test_what_is_no_jellyfin_is_told_apart(server: JellyfinServer) -> None:
    server.faults.append(Reply(200, {"other": "program"}))
    with pytest.raises(errors.Permanent, match="does not answer as Jellyfin"):
        Jellyfin("Jellyfin", server.url, KEY).system_info()
    server.faults.append(GARBAGE)
    with pytest.raises(errors.RetryLater):
        Jellyfin("Jellyfin", server.url, KEY).system_info()
