"""The one HTTP client of a process: timeouts, bounds and a name that providers see."""

from __future__ import annotations

import email.utils
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

import httpx

#: Seconds to connect, between two reads, to send, and to wait for a free connection.
_TIMEOUT = httpx.Timeout(connect=5, read=20, write=20, pool=15)
#: Seconds an answer may take from first to last byte.
_WHOLE_ANSWER_SECONDS = 60.0
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30)
_MAX_BODY_BYTES = 40 * 1024 * 1024
_MAX_RETRY_AFTER_SECONDS = 3600.0


class Unreachable(Exception):
    """No whole answer came; the message says why and holds no address or credential."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON, without what PostgreSQL cannot store; raises Unreachable when it is no JSON."""
        try:
            parsed = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise Unreachable("the answer is not the JSON it should be") from error
        return _storable(parsed) if b"\\u" in self.content else parsed

    def retry_after_seconds(self) -> float | None:
        """What `Retry-After` says, as seconds or date, at most an hour; None when it says nothing."""
        text = self.headers.get("retry-after", "").strip()
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            try:
                seconds = (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
            except (ValueError, TypeError):
                return None
        return min(max(seconds, 0.0), _MAX_RETRY_AFTER_SECONDS)


@cache
def shared_client() -> httpx.Client:
    """The client of this process, made at its first use; its threads share the connections."""
    # At INFO httpx writes every address with its query, which for some providers holds the key.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    return httpx.Client(
        timeout=_TIMEOUT, limits=_LIMITS, headers={"User-Agent": user_agent()}, follow_redirects=False
    )


@cache
def user_agent() -> str:
    """`queueapp/<version>`."""
    try:
        return f"queueapp/{metadata.version('queueapp')}"
    except metadata.PackageNotFoundError:
        return "queueapp"


def send(
    method: str,
    url: str,
    *,
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    body: Any = None,
    timeout_seconds: float | None = None,
    follow_redirects: bool = False,
) -> Answer:
    """Send one request and read the whole answer within bounds of time and size.

    Raises Unreachable for anything short of a whole answer.
    """
    options: dict[str, Any] = {"params": params, "headers": headers, "auth": auth}
    options |= {"json": body} if body is not None else {}
    options |= {"timeout": timeout_seconds} if timeout_seconds is not None else {}
    latest = time.monotonic() + (timeout_seconds or _WHOLE_ANSWER_SECONDS)
    try:
        with shared_client().stream(method, url, follow_redirects=follow_redirects, **options) as response:
            return Answer(response.status_code, response.headers, _read(response, latest))
    except httpx.TimeoutException as error:
        raise Unreachable("no answer in time") from error
    except httpx.ConnectError as error:
        raise Unreachable("cannot connect") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise Unreachable(f"the connection broke ({type(error).__name__})") from error


def _read(response: httpx.Response, latest: float) -> bytes:
    parts = bytearray()
    for part in response.iter_bytes():
        parts += part
        if len(parts) > _MAX_BODY_BYTES:
            raise Unreachable(f"the answer is larger than {_MAX_BODY_BYTES} bytes")
        if time.monotonic() > latest:
            raise Unreachable("the answer came too slowly")
    return bytes(parts)


def _storable(value: Any) -> Any:
    """The value without NUL characters and lone surrogates, which JSONB refuses."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value
