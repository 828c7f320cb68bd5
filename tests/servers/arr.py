"""The API that Radarr and Sonarr share, as far as this program uses it; saving a connection calls its webhook."""

from __future__ import annotations

import base64
import http.client
import json
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.servers.loopback import Loopback, Reply, Request

KEY = "arr-api-key"
_FIELDS = ("url", "method", "username", "password", "headers")


class ArrServer(Loopback):
    """A Radarr or Sonarr of version 3 of the API, whose history and connections the test can look into."""

    app: ClassVar[str]
    events: ClassVar[tuple[str, ...]]

    def __init__(self, *, knows_since: bool = True) -> None:
        super().__init__()
        self.notifications: dict[int, dict[str, Any]] = {}
        self.history: list[dict[str, Any]] = []
        #: what the webhooks of the connections answered when they were tried
        self.answered: list[int] = []
        self._knows_since = knows_since

    def answer(self, request: Request) -> Reply:
        """Reply as they do."""
        if request.headers.get("x-api-key") != KEY and request.query.get("apikey") != KEY:
            return Reply(401, {"error": "Unauthorized"})
        path = request.path.removeprefix("/api/v3")
        if path == "/system/status":
            return Reply(200, {"appName": self.app, "instanceName": self.app, "version": "5.26.2.10099"})
        if path.startswith("/history"):
            return self._history(path, request)
        if path.startswith("/notification"):
            return self._notification(path, request)
        return Reply(404, {"message": "NotFound"})

    def _history(self, path: str, request: Request) -> Reply:
        newest_first = sorted(self.history, key=lambda one: str(one["date"]), reverse=True)
        if path == "/history/since" and self._knows_since:
            since = datetime.fromisoformat(request.query["date"].replace("Z", "+00:00"))
            return Reply(200, [one for one in newest_first if _date(one) >= since])
        if path != "/history":
            return Reply(404, {"message": "NotFound"})
        page, size = int(request.query.get("page", 1)), int(request.query.get("pageSize", 10))
        records = newest_first[(page - 1) * size : page * size]
        return Reply(
            200, {"page": page, "pageSize": size, "totalRecords": len(newest_first), "records": records}
        )

    def _notification(self, path: str, request: Request) -> Reply:
        match request.method, path.removeprefix("/notification").strip("/"):
            case "GET", "":
                return Reply(200, list(self.notifications.values()))
            case "GET", "schema":
                return Reply(200, [{"implementation": "Discord", "fields": []}, self._schema()])
            case "POST", "test":
                return self._tried(request.json)
            case "POST", "":
                return self._saved(max(self.notifications, default=0) + 1, request, 201)
            case "PUT", number if int(number) in self.notifications:
                return self._saved(int(number), request, 202)
        return Reply(404, {"message": "NotFound"})

    def _schema(self) -> dict[str, Any]:
        return {
            "implementation": "Webhook", "implementationName": "Webhook", "configContract": "WebhookSettings",
            "fields": [{"order": number, "name": name, "type": "textbox"} for number, name in enumerate(_FIELDS)],
            **dict.fromkeys(self.events, False),
            **{f"supports{name[0].upper()}{name[1:]}": True for name in self.events},
            "onBookRetag": False, "supportsOnBookRetag": False,
        }  # fmt: skip

    def _saved(self, number: int, request: Request, status: int) -> Reply:
        if request.query.get("forceSave") != "true":
            tried = self._tried(request.json)
            if tried.status != 200:
                return tried
        self.notifications[number] = {**request.json, "id": number}
        return Reply(status, self.notifications[number])

    def _tried(self, notification: dict[str, Any]) -> Reply:
        """Send the webhook's Test, and complain as they do when it is not taken."""
        values = {one["name"]: one.get("value") for one in notification["fields"]}
        status = self.send(values, {"eventType": "Test", "instanceName": self.app, "applicationUrl": ""})
        self.answered.append(status)
        if 200 <= status < 400:
            return Reply(200, {})
        said = f"Unable to send test message: {status}"
        return Reply(400, [{"propertyName": "Url", "errorMessage": said, "severity": "error"}])

    def send(self, values: dict[str, Any], payload: dict[str, Any]) -> int:
        """POST a payload with the credentials of a connection; 0 when nobody listens."""
        target = urlsplit(str(values["url"]))
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=20)
        pair = f"{values.get('username') or ''}:{values.get('password') or ''}"
        headers = {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(pair.encode("iso-8859-1")).decode(),
        }
        try:
            connection.request("POST", target.path, json.dumps(payload, indent=2), headers)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def _date(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(record["date"]).replace("Z", "+00:00"))
