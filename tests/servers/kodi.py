"""Kodi's JSON-RPC as seen on Kodi 20.1: jobs answer "OK" at once, a scan asked for during one stops it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

_KINDS = {"Movie": "movie", "Episode": "episode", "TVShow": "tvshow"}


@dataclass
class KodiState:
    """What happened in the library."""

    scanned: list[str] = field(default_factory=list)
    refreshed: list[tuple[str, int]] = field(default_factory=list)
    removed: list[tuple[str, int]] = field(default_factory=list)
    cleaned: int = 0
    stopped_scans: int = 0


class KodiServer(Loopback):
    """A Kodi whose scans take as many polls of IsScanningVideo as `polls_per_scan`."""

    def __init__(self, password: str = "", *, knows_filters: bool = True) -> None:
        super().__init__()
        self.state = KodiState()
        self.library: dict[str, dict[int, str]] = {"movie": {}, "episode": {}, "tvshow": {}}
        self.polls_per_scan = 2
        #: what each of its players plays: ("video", a file)
        self.playing: list[tuple[str, str]] = []
        self._password = password
        self._knows_filters = knows_filters
        self._polls_left = 0

    def begin_scan(self) -> None:
        """Somebody else starts a scan."""
        self._polls_left = self.polls_per_scan

    def answer(self, request: Request) -> Reply:
        """Reply as Kodi's web server does."""
        if request.path != "/jsonrpc":
            return Reply(404, b"")
        if self._password and request.headers.get("authorization") != self._basic():
            return Reply(401, b"", {"WWW-Authenticate": 'Basic realm="XBMC"'})
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Reply(415, b"")
        call = request.json
        try:
            result = self._call(call["method"], call.get("params") or {})
        except LookupError as error:
            code = -32602 if error.args[0] == "filter" else -32601
            message = "Invalid params." if code == -32602 else "Method not found."
            return Reply(
                200, {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message}}
            )
        return Reply(200, {"jsonrpc": "2.0", "id": call["id"], "result": result})

    def methods(self) -> list[str]:
        """The methods called so far, in order."""
        return [str(request.json["method"]) for request in self.requests]

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "JSONRPC.Ping":
                return "pong"
            case "Application.GetProperties":
                return {"version": {"major": 20, "minor": 1, "revision": "x", "tag": "stable"}}
            case "XBMC.GetInfoBooleans":
                scanning = self._polls_left > 0
                self._polls_left = max(self._polls_left - 1, 0)
                return {"Library.IsScanningVideo": scanning}
            case "Player.GetActivePlayers":
                return [{"playerid": n, "type": kind} for n, (kind, _) in enumerate(self.playing)]
            case "Player.GetItem":
                file = self.playing[params["playerid"]][1]
                return {"item": {"file": file, "label": "x", "type": "movie"}}
            case "VideoLibrary.Scan":
                self.state.stopped_scans += self._polls_left > 0
                self.state.scanned.append(params["directory"])
                self._polls_left = self.polls_per_scan
                return "OK"
            case "VideoLibrary.Clean":
                self.state.cleaned += self._polls_left == 0
                return "OK"
        return self._of_a_title(method, params)

    def _of_a_title(self, method: str, params: dict[str, Any]) -> Any:
        for word, kind in _KINDS.items():
            if method == f"VideoLibrary.Get{word}s":
                return {f"{kind}s": self._listed(kind, params)}
            if method == f"VideoLibrary.Refresh{word}":
                self.state.refreshed.append((kind, params[f"{kind}id"]))
                return "OK"
            if method == f"VideoLibrary.Remove{word}":
                self.state.removed.append((kind, params[f"{kind}id"]))
                return "OK"
        raise LookupError(method)

    def _listed(self, kind: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        below = (params.get("filter") or {}).get("value", "")
        if below and not self._knows_filters:
            raise LookupError("filter")
        files = self.library[kind]
        return [
            {f"{kind}id": number, "file": file} for number, file in files.items() if file.startswith(below)
        ]

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(f"kodi:{self._password}".encode()).decode()
