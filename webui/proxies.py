"""Where the app stands behind proxies: its base path, and how many of them are believed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BasePath:
    """Serves the app under a path, whether the proxy passes that path on or strips it."""

    def __init__(self, app: WSGIApplication, base_path: str) -> None:
        self._app = app
        self._base_path = base_path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Move the base path from the path to the script name."""
        path = environ.get("PATH_INFO", "")
        if path == self._base_path or path.startswith(f"{self._base_path}/"):
            environ["PATH_INFO"] = path[len(self._base_path) :] or "/"
        environ["SCRIPT_NAME"] = self._base_path
        return self._app(environ, start_response)


def install(app: Flask, *, base_path: str, trusted_proxies: int) -> None:
    """Serve `app` under `base_path`, believing the forwarding headers of that many proxies and of no more."""
    inner = app.wsgi_app
    if base_path:
        inner = BasePath(inner, base_path)
    if trusted_proxies:
        count = trusted_proxies
        inner = ProxyFix(inner, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = inner  # type: ignore[method-assign]
