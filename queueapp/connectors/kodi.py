"""Kodi's JSON-RPC over HTTP (facts: xbmc's schema/methods.json; kodi.wiki JSON-RPC_API)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from queueapp import errors
from queueapp.connectors import http

_TIMEOUT_SECONDS = 30.0
_METHOD_NOT_FOUND = -32601
_INVALID_PARAMS = -32602
#: What Kodi calls each kind of title in its methods.
_WORDS = {"movie": "Movie", "episode": "Episode", "tvshow": "TVShow"}


class RpcError(errors.Permanent):
    """Kodi understood the request and refused it; `code` is JSON-RPC's."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class LibraryEntry:
    """A title in Kodi's library: its id there and its file, for a show its folder."""

    kind: str
    id: int
    file: str


@dataclass
class Kodi:
    """One Kodi. Its library calls return at once, before the work is done; see `is_scanning`."""

    name: str
    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = _TIMEOUT_SECONDS
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def call(self, method: str, **params: Any) -> Any:
        """Call a method and return its result; raises RetryLater, Permanent or RpcError."""
        request = {"jsonrpc": "2.0", "method": method, "params": params, "id": next(self._numbers)}
        auth = (self.username or "kodi", self.password) if self.password else None
        try:
            answer = http.send(
                "POST", _endpoint(self.url), body=request, auth=auth, timeout_seconds=self.timeout_seconds
            )
            if answer.status in (401, 403):
                raise errors.Permanent(f"{self.name} refuses the user or password ({answer.status})")
            if answer.status >= 500 or answer.status in (408, 425, 429):
                raise errors.RetryLater(f"{self.name} answered {answer.status}", answer.retry_after_seconds())
            if not answer.is_success:
                raise errors.Permanent(
                    f"{self.name} answered {answer.status}: is {self.url} Kodi's web server?"
                )
            body = answer.json()
        except http.Unreachable as error:
            raise errors.RetryLater(f"{self.name}: {error}") from None
        return self._result(method, body)

    def ping(self) -> bool:
        """Whether it answers as Kodi does."""
        return bool(self.call("JSONRPC.Ping") == "pong")

    def version(self) -> str:
        """Its version, such as `20.1`."""
        found = self.call("Application.GetProperties", properties=["version"])["version"]
        return f"{found['major']}.{found['minor']}"

    def is_scanning(self) -> bool:
        """Whether the video library is being scanned; a scan asked for now would stop that one."""
        state = self.call("XBMC.GetInfoBooleans", booleans=["Library.IsScanningVideo"])
        return bool(state["Library.IsScanningVideo"])

    def playing(self) -> list[str]:
        """The files of the videos that are shown now or paused, as it spells them."""
        active = [one for one in self.call("Player.GetActivePlayers") if one.get("type") == "video"]
        items = [
            self.call("Player.GetItem", playerid=one["playerid"], properties=["file"])["item"]
            for one in active
        ]
        return [str(one["file"]) for one in items if one.get("file")]

    def scan(self, directory: str = "") -> None:
        """Start a scan of a folder, "" for the whole library; shows are found only with a trailing slash."""
        separator = "\\" if "\\" in directory and "/" not in directory else "/"
        spelt = directory if not directory or directory.endswith(separator) else directory + separator
        self.call("VideoLibrary.Scan", directory=spelt, showdialogs=False)

    def clean(self) -> None:
        """Start a clean-up of the whole video library (with a folder, Kodi 20 removed nothing)."""
        self.call("VideoLibrary.Clean", showdialogs=False)

    def refresh(self, entry: LibraryEntry) -> None:
        """Have a title's NFO and art read again; a show's episodes are refreshed on their own."""
        self.call(f"VideoLibrary.Refresh{_WORDS[entry.kind]}", **{f"{entry.kind}id": entry.id})

    def remove(self, entry: LibraryEntry) -> None:
        """Take a title out of the library; files are not touched."""
        self.call(f"VideoLibrary.Remove{_WORDS[entry.kind]}", **{f"{entry.kind}id": entry.id})

    def entries(self, kind: str, below: str = "") -> list[LibraryEntry]:
        """The titles of a kind (movie, episode, tvshow) whose path starts with `below`, "" for all."""
        plural = f"{kind}s"
        params: dict[str, Any] = {"properties": ["file"]}
        narrowed = {"filter": {"field": "path", "operator": "startswith", "value": below}} if below else {}
        try:
            found = self.call(f"VideoLibrary.Get{_WORDS[kind]}s", **params, **narrowed)
        except RpcError as error:
            # Filter fields differ between versions; without one the answer is only longer.
            if error.code != _INVALID_PARAMS or not narrowed:
                raise
            found = self.call(f"VideoLibrary.Get{_WORDS[kind]}s", **params)
        listed = (
            LibraryEntry(kind, int(one[f"{kind}id"]), one.get("file") or "")
            for one in found.get(plural) or ()
        )
        return [entry for entry in listed if entry.file.startswith(below)]

    def _result(self, method: str, body: Any) -> Any:
        if not isinstance(body, dict):
            raise errors.RetryLater(f"{self.name}: the answer is not JSON-RPC")
        if "error" in body:
            problem = body["error"] if isinstance(body["error"], dict) else {}
            code = int(problem.get("code") or 0)
            detail = (
                "it does not know it"
                if code == _METHOD_NOT_FOUND
                else problem.get("message") or "no reason given"
            )
            raise RpcError(f"{self.name} refuses {method}: {detail} ({code})", code)
        if "result" not in body:
            raise errors.RetryLater(f"{self.name}: the answer is not JSON-RPC")
        return body["result"]


def _endpoint(url: str) -> str:
    stripped = url.rstrip("/")
    return stripped if stripped.endswith("/jsonrpc") else f"{stripped}/jsonrpc"
