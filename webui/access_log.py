"""gunicorn's access log without secrets: keys in URLs are replaced."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from webui.redaction import HIDDEN, redact

__all__ = ["HIDDEN", "RedactingLogger", "redact"]


class RedactingLogger(Logger):  # type: ignore[misc]
    """Redacts what comes from the request: its line, its URL, its query string and its referrer."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """What a line of the log can be made of."""
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {name: redact(value) if isinstance(value, str) else value for name, value in atoms.items()}
