"""gunicorn's access log without secrets: keys in URLs are replaced."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

HIDDEN = "***"

_IN_QUERY = re.compile(r"(?i)([?&](?:[a-z0-9_-]*(?:key|token|secret|password))=)[^&\s\"]*")
_IN_WEBHOOK_PATH = re.compile(r"(/webhooks/[^/\s?]+/)[^/\s?]+")


def redact(text: str) -> str:
    """`text` with the keys in its URLs replaced."""
    return _IN_WEBHOOK_PATH.sub(rf"\g<1>{HIDDEN}", _IN_QUERY.sub(rf"\g<1>{HIDDEN}", text))


class RedactingLogger(Logger):  # type: ignore[misc]
    """Redacts what comes from the request: its line, its URL, its query string and its referrer."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """What a line of the log can be made of."""
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {name: redact(value) if isinstance(value, str) else value for name, value in atoms.items()}
