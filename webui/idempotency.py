"""`Idempotency-Key`: a POST to the API that is sent again is answered again, and not done again."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from flask_openapi3 import OpenAPI
from flask_openapi3.models import Parameter, ParameterInType, Schema

from queueapp.errors import QueueAppError
from queueapp.services import idempotency
from queueapp.services.idempotency import Claim, Earlier
from webui.context import runtime
from webui.errors import problem
from webui.sessions import secret_of

HEADER = "Idempotency-Key"
#: Below these a POST may carry a key.
PATHS = ("/api/", "/jobs/", "/batch/")
PATTERN = r"^[!-~]{1,255}$"
#: Seconds after which to ask again for a request that still runs.
RETRY_AFTER_SECONDS = 1

View = TypeVar("View", bound=Callable[..., Any])
log = structlog.get_logger(__name__)


def answers_with_a_secret(view: View) -> View:
    """Declare that a view's answer must not be stored; sent again, its request is refused instead."""
    view.answers_with_a_secret = True  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    """Look at each request's key. Comes after the guard and the check of bodies: what they refuse takes no key."""
    app.before_request(_before)
    app.after_request(_after)


def describe(app: OpenAPI) -> None:
    """Add the header to every POST of the API document."""
    parameter = Parameter(
        name=HEADER,
        param_in=ParameterInType.HEADER,
        description="Sent again with the same key and body within 24 h, the request gets the same answer",
        required=False,
        schema=Schema(type="string", pattern=PATTERN),
    )
    for path, item in app.paths.items():
        if _is_concerned(path) and item.post is not None:
            # Resources are shared by all apps of a process: those of an app before have it already.
            given = [each for each in item.post.parameters or [] if getattr(each, "name", None) != HEADER]
            item.post.parameters = [*given, parameter]


def _is_concerned(path: str) -> bool:
    return path.startswith(PATHS) or path == "/batch"


def _before() -> Response | None:
    key = request.headers.get(HEADER)
    concerned = request.method == "POST" and _is_concerned(request.path)
    if key is None or not concerned or not request.endpoint:
        return None
    if not re.fullmatch(PATTERN, key):
        fault = {"loc": ["header", HEADER], "msg": "must be 1 to 255 printable ASCII characters, no spaces"}
        return problem(422, "bad_idempotency_key", f"{HEADER} does not fit", errors=[fault])
    caller, fingerprint = f"{current_user.via}:{current_user.id}", _fingerprint()
    with runtime().transaction() as session:
        found = idempotency.claim(session, caller=caller, key=key, fingerprint=fingerprint)
    if isinstance(found, Claim):
        g.idempotency_claim = found
        return None
    g.audited = True  # the act was recorded when it was done
    return _answer_again(found, fingerprint)


def _answer_again(earlier: Earlier, fingerprint: str) -> Response:
    if not hmac.compare_digest(earlier.fingerprint, fingerprint):
        return problem(422, "idempotency_key_reused", f"this {HEADER} belongs to another request")
    if earlier.status is None:
        running = problem(409, "still_running", "the first request with this key is not answered yet")
        running.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return running
    if earlier.body is None:
        return problem(409, "already_done", "done before; its answer held a secret and is shown only once")
    response = Response(earlier.body, earlier.status, content_type=earlier.mimetype)
    response.headers["Idempotent-Replayed"] = "true"
    if earlier.location is not None:
        response.headers["Location"] = earlier.location
    return response


def _after(response: Response) -> Response:
    mine: Claim | None = g.pop("idempotency_claim", None)
    if mine is None:
        return response
    # What was done is committed; an answer that cannot be kept must not turn it into an error.
    try:
        with runtime().transaction() as session:
            if response.status_code >= 500 or response.is_streamed:
                idempotency.release(session, mine)
            else:
                idempotency.keep(
                    session,
                    mine,
                    status=response.status_code,
                    body=_storable(response),
                    mimetype=response.content_type or response.mimetype or "",
                    location=response.headers.get("Location"),
                )
    except QueueAppError as error:
        log.error("answer not kept under its key", path=request.path, error=error.message)
    return response


def _storable(response: Response) -> bytes | None:
    view = current_app.view_functions.get(request.endpoint or "")
    secret = response.status_code < 400 and getattr(view, "answers_with_a_secret", False)
    return None if secret else response.get_data()


def _fingerprint() -> str:
    digest = hmac.new(secret_of(current_app).encode(), digestmod=hashlib.sha256)
    for part in (request.method.encode(), request.full_path.encode(), request.get_data(cache=True)):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
