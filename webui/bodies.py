"""Checks JSON bodies before any view: bounded, of the right type, real JSON, and storable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from flask import Flask, Request, current_app, json, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

MAX_BODY_BYTES = 64 * 1024 * 1024


class BoundedRequest(Request):
    """A request whose JSON is read strictly."""

    def on_json_loading_failure(self, e: ValueError | None) -> Any:
        """Answer 400 in words, whatever the parser said."""
        if e is None:
            raise UnsupportedMediaType("the body must be application/json")
        raise BadRequest(f"the body is not JSON: {e}") from None


class StrictJSONProvider(json.provider.DefaultJSONProvider):
    """JSON as its standard says: no NaN, no infinities."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON; raises ValueError for what is not."""
        try:
            return super().loads(s, parse_constant=_refuse_constant, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def install(app: Flask) -> None:
    """Bound the size of bodies and read JSON strictly."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.request_class = BoundedRequest
    app.json = StrictJSONProvider(app)


def install_check(app: Flask) -> None:
    """Check the bodies of routes that take one. Comes after the guard: strangers learn nothing of bodies."""
    app.before_request(_check_body)


def _check_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    wants = getattr(view, "takes_body", None)
    if wants is None:
        return
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge(f"a body has at most {MAX_BODY_BYTES} bytes")
    if not request.get_data(cache=True):
        if wants == "required":
            raise BadRequest("a JSON body is needed")
        return
    if not request.is_json:
        raise UnsupportedMediaType("the body must be application/json")
    document = request.get_json()
    if b"\\u" in request.get_data() and not all(map(_is_storable, _strings(document))):
        raise BadRequest("the body has text that cannot be stored: NUL or half of a surrogate pair")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _strings(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            pending += each.keys()
            pending += each.values()
        elif isinstance(each, list):
            pending += each


def _is_storable(text: str) -> bool:
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)
