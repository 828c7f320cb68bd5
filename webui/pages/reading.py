"""One database session per page, opened at its first read and closed after the answer."""

from __future__ import annotations

from flask import Flask, g
from sqlalchemy.orm import Session

from webui.context import runtime


def session() -> Session:
    """The session in which this request's page is read; nothing is committed in it."""
    if "page_session" not in g:
        g.page_session = runtime().sessions()
    found: Session = g.page_session
    return found


def install(app: Flask) -> None:
    """Close the session at the end of each request."""

    @app.teardown_request
    def _close(_: BaseException | None) -> None:
        opened = g.pop("page_session", None)
        if opened is not None:
            opened.close()
