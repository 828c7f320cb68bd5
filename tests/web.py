"""The web application for tests that talk to it within their own process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from queueapp.runtime import Runtime
from webui.app import close_app, create_app


class Compiled(BytecodeCache):
    """Templates compiled once for all tests of a process: each test makes an application of its own."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is known of a template."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Take what has been compiled."""
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@contextlib.contextmanager
def web_app(runtime: Runtime) -> Iterator[Flask]:
    """The application on a runtime's database and Redis, as it answers in operation."""
    app = create_app(runtime)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.jinja_env.bytecode_cache = COMPILED
    yield app
    close_app(app)
