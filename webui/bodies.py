"""Checks JSON bodies before any view: bounded, of the right type, real JSON, and storable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, Protocol

from flask import Flask, Request, current_app, json, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

MAX_BODY_BYTES = 64 * 1024 * 1024
#: what is read and thrown away of a larger body, so that its sender hears the answer
MOST_DRAINED_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 1024 * 1024


class Readable(Protocol):
    """What a server gives a request to read its body from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes."""


class _Chunks:
    """A body in chunks; where they are broken, that is the sender's fault and no error of ours."""

    def __init__(self, given: Readable) -> None:
        self._given = given

    def read(self, size: int) -> bytes:
        """Return up to so many bytes. Raises OSError, which becomes a 400."""
        try:
            return self._given.read(size)
        except ParseException as error:
            raise OSError(str(error)) from None


class BoundedRequest(Request):
    """A request whose body has a bound, however it is sent, and whose JSON is read strictly."""

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        """`environ` is that of the server."""
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Chunks(environ["wsgi.input"])
        super().__init__(environ, *arguments, **options)

    def get_data(self, *arguments: Any, **options: Any) -> Any:
        """Read the whole body. Raises RequestEntityTooLarge; a body in chunks says nothing of its length before."""
        data = super().get_data(*arguments, **options)
        if len(data) > MAX_BODY_BYTES:
            raise too_large(f"a body has at most {MAX_BODY_BYTES:,} bytes")
        return data

    def on_json_loading_failure(self, e: ValueError | None) -> Any:
        """Answer 400 in words, whatever the parser said."""
        if e is None:
            raise UnsupportedMediaType("the body must be application/json")
        raise BadRequest(f"the body is not JSON: {e}") from None


class StrictJSONProvider(json.provider.DefaultJSONProvider):
    """JSON as its standard says: UTF-8, no NaN, no infinities; and no name twice, of which others take the other."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON; raises ValueError for what is not."""
        # Given bytes, the parser would guess at other encodings, and let halves of surrogate pairs pass.
        text = s.decode("utf-8-sig") if isinstance(s, bytes) else s
        try:
            return super().loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def install(app: Flask) -> None:
    """Bound the size of bodies and read JSON strictly."""
    # One more is read than is allowed: then it is known that a body without a length is too large.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.request_class = BoundedRequest
    app.json = StrictJSONProvider(app)


def install_check(app: Flask) -> None:
    """Check all bodies. Comes after the guard: strangers learn nothing of bodies."""
    app.before_request(_check_body)


def too_large(detail: str, most_drained: int = MOST_DRAINED_BYTES) -> RequestEntityTooLarge:
    """The error that answers 413, after reading of what is still being sent: who is cut off hears no answer."""
    given: Readable = request.environ["wsgi.input"]
    left = most_drained
    while left > 0 and (piece := given.read(min(PIECE_BYTES, left))):
        left -= len(piece)
    return RequestEntityTooLarge(detail)


def _check_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method == "OPTIONS" or getattr(view, "access_rule", None) == "own":
        return  # none is read; or it asks who is there first, and has a bound of its own
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise too_large(f"a body has at most {MAX_BODY_BYTES:,} bytes")
    if request.content_length is None and not request.form:
        request.get_data(cache=True)
    wants = getattr(view, "takes_body", None)
    if wants is None:
        return
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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"{twice[:100]!r} stands twice in one object")
    return found


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
