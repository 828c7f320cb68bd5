"""The API of Radarr and Sonarr, version 3, which both have had since their versions 3 (their openapi.json)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from queueapp import errors
from queueapp.connectors import http
from queueapp.connectors.arr_history import date_of

Json = dict[str, Any]
_TIMEOUT_SECONDS = 20.0
#: A test makes the downloader call us back, for which it allows itself longer.
_TEST_SECONDS = 60.0
_PAGE = 200
_MOST_PAGES = 100
#: The name under which our connection stands in the downloader.
CONNECTION = "queueapp"
#: What to switch on where the downloader does not say what it can tell.
_EVENTS = {
    "radarr": (
        "onGrab", "onDownload", "onUpgrade", "onRename", "onMovieAdded", "onMovieDelete", "onMovieFileDelete",
        "onMovieFileDeleteForUpgrade", "onHealthIssue", "onHealthRestored", "onApplicationUpdate",
        "onManualInteractionRequired",
    ),
    "sonarr": (
        "onGrab", "onDownload", "onUpgrade", "onImportComplete", "onRename", "onSeriesAdd", "onSeriesDelete",
        "onEpisodeFileDelete", "onEpisodeFileDeleteForUpgrade", "onHealthIssue", "onHealthRestored",
        "onApplicationUpdate", "onManualInteractionRequired",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Arr:
    """One Radarr or Sonarr with its API key."""

    name: str
    kind: str
    url: str
    api_key: str = field(repr=False)

    def version(self) -> str:
        """Its version; answers only to a valid key. Raises Permanent when it is not what it should be."""
        found = self._json("GET", "/system/status")
        app = str(found.get("appName", "")) if isinstance(found, dict) else ""
        if not isinstance(found, dict) or not found.get("version"):
            raise errors.Permanent(
                f"{self.name}: {self.url} does not answer as {self.kind.capitalize()} does"
            )
        if app and app.lower() != self.kind:
            raise errors.Permanent(f"{self.name}: {self.url} is {app}, not {self.kind.capitalize()}")
        return str(found["version"])

    def register(self, url: str, key: str) -> int:
        """Create our webhook connection, or bring it up to date, and return its id; it is tried first.

        Raises Permanent with the downloader's own words when it cannot call us.
        """
        present = next((one for one in self._list("/notification") if _is_ours(one, url)), None)
        wanted = self._connection(url, key, present)
        self._json("POST", "/notification/test", wanted, seconds=_TEST_SECONDS)
        # It has just been tried: saving would try it again.
        params = {"forceSave": "true"}
        if present is None:
            saved = self._json("POST", "/notification", wanted, params=params)
        else:
            saved = self._json("PUT", f"/notification/{present['id']}", wanted, params=params)
        number = saved.get("id") if isinstance(saved, dict) else None
        return int(number or (present or {}).get("id") or 0)

    def history_since(self, since: datetime) -> list[Json]:
        """The records of its history of what happened since then."""
        about = {"includeMovie": "true"} if self.kind == "radarr" else _OF_SONARR
        try:
            found = self._json("GET", "/history/since", params={"date": _written(since), **about})
            records = found if isinstance(found, list) else []
        except _NotThere:
            records = list(self._paged(since, about))
        return [one for one in records if isinstance(one, dict)]

    def _paged(self, since: datetime, about: dict[str, str]) -> Iterator[Json]:
        """The same from versions that do not know /history/since."""
        for page in range(1, _MOST_PAGES + 1):
            params = {
                "page": page,
                "pageSize": _PAGE,
                "sortKey": "date",
                "sortDirection": "descending",
                **about,
            }
            found = self._json("GET", "/history", params=params)
            records = found.get("records") if isinstance(found, dict) else None
            fresh = [
                one for one in records or [] if isinstance(one, dict) and (date_of(one) or since) >= since
            ]
            yield from fresh
            if len(fresh) < _PAGE:
                return

    def ask(self, method: str, path: str, body: Json | None = None, **params: Any) -> Any:
        """Ask for anything below its API's root, and give the answer; None for what it does not know.

        Raises RetryLater for what may pass, Permanent for what does not.
        """
        try:
            return self._json(method, path, body, params=params or None)
        except _NotThere:
            return None

    def _connection(self, url: str, key: str, present: Json | None) -> Json:
        template = next(
            (one for one in self._schemas() if one.get("implementation") == "Webhook"),
            {"implementation": "Webhook"},
        )
        supported = [
            name for name in template if name.startswith("on") and template.get(_supports(name), True)
        ]
        values = {"url": url, "method": 1, "username": CONNECTION, "password": key}
        kept = {one.get("name"): one.get("value") for one in _fields(present)}
        names = [one.get("name") for one in _fields(template)] or list(values)
        fields = [{"name": name, "value": values.get(name, kept.get(name))} for name in names if name]
        return {
            "id": (present or {}).get("id", 0),
            "name": (present or {}).get("name") or CONNECTION,
            "implementation": "Webhook",
            "implementationName": "Webhook",
            "configContract": "WebhookSettings",
            "fields": [one for one in fields if one["value"] is not None],
            "tags": (present or {}).get("tags", []),
            "includeHealthWarnings": True,
            **dict.fromkeys(supported or _EVENTS[self.kind], True),
        }

    def _schemas(self) -> list[Json]:
        try:
            return self._list("/notification/schema")
        except _NotThere:
            return []

    def _list(self, path: str) -> list[Json]:
        found = self._json("GET", path)
        if not isinstance(found, list):
            raise errors.Permanent(f"{self.name} does not answer {path} as {self.kind.capitalize()} does")
        return [one for one in found if isinstance(one, dict)]

    def _json(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        params: dict[str, Any] | None = None,
        seconds: float = _TIMEOUT_SECONDS,
    ) -> Any:
        """Ask, and give the answer. Raises RetryLater for what may pass, Permanent for what does not."""
        try:
            answer = http.send(
                method,
                f"{self.url.rstrip('/')}/api/v3{path}",
                headers={"X-Api-Key": self.api_key, "Accept": "application/json"},
                params=params,
                body=body,
                timeout_seconds=seconds,
            )
            self._refuse(answer, path)
            return answer.json() if answer.content.strip() else None
        except http.Unreachable as error:
            raise errors.RetryLater(f"{self.name}: {error}") from None

    def _refuse(self, answer: http.Answer, path: str) -> None:
        if answer.is_success:
            return
        if answer.status in (401, 403):
            raise errors.Permanent(f"{self.name} refuses the API key ({answer.status})")
        if answer.status >= 500 or answer.status in (408, 425, 429):
            raise errors.RetryLater(f"{self.name} answered {answer.status}", answer.retry_after_seconds())
        if answer.status == 400 and (said := _complaints(answer)):
            raise errors.Permanent(f"{self.name}: {said}")
        kind = _NotThere if answer.status == 404 else errors.Permanent
        root = f"is {self.url} the root of {self.kind.capitalize()}?"
        raise kind(f"{self.name} answered {answer.status} to {path}: {root}")


class _NotThere(errors.Permanent):
    """The downloader knows no such address."""


_OF_SONARR = {"includeSeries": "true", "includeEpisode": "true"}


def _is_ours(notification: Json, url: str) -> bool:
    if notification.get("implementation") != "Webhook":
        return False
    values = {one.get("name"): one.get("value") for one in _fields(notification)}
    return notification.get("name") == CONNECTION or values.get("url") == url


def _fields(notification: Json | None) -> list[Json]:
    found = (notification or {}).get("fields")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _supports(name: str) -> str:
    return f"supports{name[0].upper()}{name[1:]}"


def _complaints(answer: http.Answer) -> str:
    try:
        found = answer.json()
    except http.Unreachable:
        return ""
    listed = found if isinstance(found, list) else [found]
    said = [
        str(one.get("errorMessage") or one.get("message") or "") for one in listed if isinstance(one, dict)
    ]
    return "; ".join(one for one in said if one)[:500]


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
