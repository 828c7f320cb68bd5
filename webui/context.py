"""What a request reaches for: the wired parts of this process."""

from __future__ import annotations

from flask import Flask, current_app

from queueapp.runtime import Runtime

KEY = "queueapp.runtime"


def attach(app: Flask, runtime: Runtime) -> None:
    """Make `runtime` the one that requests of this app use."""
    app.extensions[KEY] = runtime


def runtime() -> Runtime:
    """The wired parts of the app that serves this request."""
    found: Runtime = current_app.extensions[KEY]
    return found
