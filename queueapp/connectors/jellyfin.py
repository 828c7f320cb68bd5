"""Jellyfin's API, 10.8 to 12 (facts: LibraryController.cs, AuthorizationContext.cs)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from queueapp import errors
from queueapp.connectors import http

_TIMEOUT_SECONDS = 30.0
#: Paths told in one call; each is queued by the server.
_PATHS_PER_CALL = 500

UpdateType = Literal["Created", "Modified", "Deleted"]


@dataclass(frozen=True)
class Jellyfin:
    """One Jellyfin server with an API key."""

    name: str
    url: str
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = _TIMEOUT_SECONDS

    def report_changed(self, updates: Sequence[tuple[str, UpdateType]]) -> int:
        """Tell which paths changed and return the number of calls; the server looks a minute later."""
        calls = 0
        for start in range(0, len(updates), _PATHS_PER_CALL):
            part = updates[start : start + _PATHS_PER_CALL]
            body = {"Updates": [{"Path": path, "UpdateType": kind} for path, kind in part]}
            self._send("POST", "/Library/Media/Updated", body)
            calls += 1
        return calls

    def system_info(self) -> dict[str, Any]:
        """Name and version; answers only to a valid key, unlike `/System/Info/Public`."""
        found = self._read("/System/Info")
        if not isinstance(found, dict) or "Version" not in found:
            raise errors.Permanent(f"{self.name}: {self.url} does not answer as Jellyfin does")
        return found

    def playing(self) -> list[str]:
        """The files that are shown now or paused on any of its clients, as it spells them."""
        sessions = self._read("/Sessions")
        shown = [one.get("NowPlayingItem") or {} for one in sessions if isinstance(one, dict)]
        return [str(one["Path"]) for one in shown if one.get("Path")]

    def _read(self, path: str) -> Any:
        try:
            return self._send("GET", path).json()
        except http.Unreachable as error:
            raise errors.RetryLater(f"{self.name}: {error}") from None

    def _send(self, method: str, path: str, body: Any = None) -> http.Answer:
        # Only Token: Device or Version beside it rewrite the key's device row; X-Emby-Token is gone in 12.
        headers = {"Authorization": f'MediaBrowser Token="{self.api_key or ""}"'}
        try:
            answer = http.send(
                method,
                self.url.rstrip("/") + path,
                headers=headers,
                body=body,
                timeout_seconds=self.timeout_seconds,
            )
        except http.Unreachable as error:
            raise errors.RetryLater(f"{self.name}: {error}") from None
        if answer.is_success:
            return answer
        if answer.status in (401, 403):
            raise errors.Permanent(f"{self.name} refuses the API key ({answer.status})")
        if answer.status >= 500 or answer.status in (408, 425, 429):
            raise errors.RetryLater(f"{self.name} answered {answer.status}", answer.retry_after_seconds())
        raise errors.Permanent(
            f"{self.name} answered {answer.status} to {path}: is {self.url} Jellyfin's root?"
        )
