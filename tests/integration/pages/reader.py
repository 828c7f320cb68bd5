"""A person at a browser without JavaScript: follows links, fills in forms, presses buttons."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse


class Reader:
    """Holds the page that is shown."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self.path = "/"
        self.status = 0
        self.page: Any = None

    def open(self, path: str) -> Reader:
        """Go to an address."""
        return self._show(self._client.get(path, follow_redirects=True))

    def follow(self, words: str) -> Reader:
        """Click the first link that reads so, or is labelled so."""
        links = [link for link in self.page.iter("a") if words in (_text(link), link.get("aria-label"))]
        assert links, f"no link {words!r} on {self.path}"
        return self.open(links[0].get("href"))

    def press(self, words: str, **fields: str | list[str]) -> Reader:
        """Press the first button that reads so, or is labelled so, with its form filled in by `fields`.

        A list stands for the boxes that are ticked.
        """
        buttons = [b for b in self.page.iter("button") if words in (_text(b), b.get("aria-label"))]
        assert buttons, f"no button {words!r} on {self.path}; there are {self.buttons()}"
        form = next(parent for parent in buttons[0].iterancestors("form"))
        data: dict[str, Any] = {}
        for name, value in form.form_values():
            data.setdefault(name, []).append(value)
        data |= fields
        if buttons[0].get("name"):
            data[buttons[0].get("name")] = buttons[0].get("value")
        target = form.get("action") or self.path
        return self._show(self._client.post(target, data=data, follow_redirects=True))

    def buttons(self) -> list[str]:
        """What the buttons of the page's content say."""
        return [button.get("aria-label") or _text(button) for button in self.page.xpath("//main//button")]

    def text(self) -> str:
        """Everything the page says, apart from its frame."""
        return _text(self.page.xpath("//main")[0])

    def toasts(self) -> list[str]:
        """What the last act was answered with."""
        return [_text(toast) for toast in self.page.xpath("//*[@data-toast]")]

    def rows(self) -> list[int]:
        """The ids of the tasks listed."""
        return [int(row.get("id")[5:]) for row in self.page.xpath("//*[@id='tasks']/li")]

    def _show(self, response: TestResponse) -> Reader:
        self.path = response.request.path
        self.status = response.status_code
        self.page = html.fromstring(response.text) if response.text else None
        return self


def _text(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())
