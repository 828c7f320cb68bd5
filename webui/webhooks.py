"""The door for Radarr and Sonarr: POST or PUT /webhooks/{name}, answered when the webhook is kept for good."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, json, request
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Unauthorized,
)

from queueapp.services.arr.webhook_intake import Delivery, parsed
from queueapp.services.arr.webhook_keys import BadCredentials, NotAllowed, Presented
from queueapp.services.arr.webhook_spool import SpoolFull
from webui import throttle, webhook_intake
from webui.bodies import too_large
from webui.principal import presented_key
from webui.security import own_credentials

MAX_BODY_BYTES = 1024 * 1024
#: What is read and thrown away of a larger body, so that its sender hears the answer.
_MOST_DRAINED_BYTES = 16 * 1024 * 1024
_SLASHES = re.compile(r"/{2,}")
_METHODS = ["POST", "PUT"]

blueprint = Blueprint("webhook_door", __name__, url_prefix="/webhooks")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@blueprint.route("/<name>", methods=_METHODS, strict_slashes=False)
@blueprint.route("/<name>/", methods=_METHODS)
@blueprint.route("/<name>/<key>", methods=_METHODS)
@blueprint.route("/<name>/<key>/", methods=_METHODS)
@own_credentials
def receive(name: str, key: str | None = None) -> Response:
    """Keep a webhook, then answer 200; what it asks for is done afterwards."""
    g.audited = True  # kept in a table of its own, payload and all
    intake = webhook_intake.of(current_app)
    presented = _presented(key)
    try:
        text = _body()
        event = parsed(text)["eventType"]
    except (BadRequest, RequestEntityTooLarge, ValueError) as error:
        _opens(intake, presented)  # strangers do not hear what is wrong with their bodies
        raise error if isinstance(error, HTTPException) else BadRequest(str(error)) from None
    named = event.replace("\0", "").strip()[:100].encode("utf-8", "replace").decode()
    delivery = Delivery(source=name, event=named, body=text)
    try:
        webhook_id = _taken(intake, presented, delivery)
    except SpoolFull as error:
        raise ServiceUnavailable(
            f"the database is away and nothing can be written to the disk: {error}"
        ) from None
    kept = {"status": "stored", "webhook_id": webhook_id} if webhook_id else {"status": "spooled"}
    return Response(json.dumps({**kept, "receipt": str(delivery.receipt)}), mimetype="application/json")


def register(app: Flask) -> None:
    """Add the door, and the intake behind it."""
    webhook_intake.install(app)
    app.register_blueprint(blueprint)
    app.wsgi_app = _without_double_slashes(app.wsgi_app)  # type: ignore[assignment,method-assign]


def _presented(key: str | None) -> Presented:
    basic = request.authorization if request.authorization and request.authorization.type == "basic" else None
    given = [
        key,
        presented_key(request),
        basic.password if basic else None,
        basic.username if basic else None,
    ]
    keys = tuple(one for one in given if one and one.isascii() and one.isprintable())
    user = (basic.username or "", basic.password or "") if basic else None
    return Presented(keys, user if user and all(user) and "\0" not in "".join(user) else None)


def _taken(intake: webhook_intake.Intake, presented: Presented, delivery: Delivery) -> int | None:
    """Keep a webhook if what is presented opens the door; a name and a password are asked about last."""
    with _refusals_in_words():
        try:
            return intake.take(Presented(presented.keys), delivery)
        except BadCredentials:
            if presented.user is None:
                raise
        _opens(intake, presented)
        return intake.take(None, delivery)


def _opens(intake: webhook_intake.Intake, presented: Presented) -> None:
    """Raise Unauthorized or Forbidden unless what is presented opens the door."""
    with _refusals_in_words():
        try:
            intake.sender_of(Presented(presented.keys))
            return
        except BadCredentials:
            if presented.user is None:
                raise
        with throttle.failures_limited():
            try:
                intake.sender_of(presented)
            except BadCredentials:
                throttle.note_failure()
                raise


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    try:
        yield
    except BadCredentials:
        raise Unauthorized(
            "send a downloader's webhook key or an admin's API key: as password, in X-Api-Key, or in the address"
        ) from None
    except NotAllowed:
        raise Forbidden("this needs the role 'admin'") from None


def _body() -> str:
    """The body as text; raises RequestEntityTooLarge, BadRequest."""
    if (request.content_length or 0) <= MAX_BODY_BYTES:
        content = request.stream.read(MAX_BODY_BYTES + 1)
        if len(content) <= MAX_BODY_BYTES:
            try:
                return content.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise BadRequest("the body is not JSON in UTF-8") from None
    raise too_large(f"a webhook has at most {MAX_BODY_BYTES:,} bytes", _MOST_DRAINED_BYTES)


def _without_double_slashes(app: Wsgi) -> Wsgi:
    """Take `//webhooks/radarr` for `/webhooks/radarr`: a redirect would turn the POST into a GET without body."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if "//" in path and "/webhooks/" in path:
            environ["PATH_INFO"] = _SLASHES.sub("/", path)
        return app(environ, start_response)

    return wrapped
