"""A browser without a screen: keeps cookies, and takes the CSRF token out of the pages it gets."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"')


class Browser:
    """Logs in by the form, as a person does."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def log_in(self, name: str, password: str) -> TestResponse:
        """Open the login form, fill it in and send it."""
        self._learn_token(self.client.get("/login"))
        form = {"username": name, "password": password, "csrf_token": self.token}
        response = self.client.post("/login", data=form)
        if response.status_code == 303:
            self._learn_token(self.client.get("/docs"))
        return response

    def get(self, path: str, **options: Any) -> TestResponse:
        """Get a page."""
        return self.client.get(path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        """Send something, with the CSRF token as scripts send it."""
        return self.client.post(path, headers={"X-CSRFToken": self.token}, **options)

    def _learn_token(self, response: TestResponse) -> None:
        text = response.get_data(as_text=True)
        found = _TOKEN.search(text) or re.search(r'name="csrf-token" content="([^"]+)"', text)
        if found:
            self.token = next(group for group in found.groups() if group)
