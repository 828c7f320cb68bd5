"""What gunicorn refuses before the application sees it, such as an address too long, as problem documents too."""

from __future__ import annotations

import json
from typing import Any

from gunicorn import util

from webui.problems import MIMETYPE


def install() -> None:
    """Have this worker process answer with problem documents; gunicorn itself knows HTML only, and has no hook."""
    util.write_error = write_problem


def write_problem(client: Any, status: int, reason: str, message: str) -> None:
    """Write an answer to a socket and leave the connection to be closed."""
    code = "_".join(reason.lower().split())
    problem = {"type": "about:blank", "title": reason, "status": status, "code": code, "detail": message}
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {MIMETYPE}\r\n"
        f"Cache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode("latin-1") + body)
