"""Jellyfin 12 as far as this program uses it: only the `MediaBrowser Token` scheme is let in."""

from __future__ import annotations

from tests.servers.loopback import Loopback, Reply, Request

KEY = "jellyfin-key"


class JellyfinServer(Loopback):
    """A Jellyfin that remembers the updates it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[tuple[str, str]] = []
        #: the files that its clients show; one more client shows nothing
        self.playing: list[str] = []

    def answer(self, request: Request) -> Reply:
        """Reply as Jellyfin does."""
        if request.path == "/System/Info/Public":
            return Reply(200, {"ServerName": "Test", "Version": "12.0.0"})
        if request.headers.get("authorization") != f'MediaBrowser Token="{KEY}"':
            return Reply(401, b"")
        if request.path == "/System/Info":
            return Reply(200, {"ServerName": "Test", "Version": "12.0.0"})
        if request.path == "/Sessions":
            shown = [{"Id": "s", "NowPlayingItem": {"Path": one, "Type": "Movie"}} for one in self.playing]
            return Reply(200, [{"Id": "idle"}, *shown])
        if (request.method, request.path) == ("POST", "/Library/Media/Updated"):
            self.updates += [(one["Path"], one["UpdateType"]) for one in request.json["Updates"]]
            return Reply(204, b"")
        return Reply(404, b"")
