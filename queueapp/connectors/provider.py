"""Ask a metadata provider: cache, then circuit and rate limit, then the network; failures get names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors import http, response_cache
from queueapp.connectors.circuit import Circuit
from queueapp.rate_limit import RateLimit

#: Used when a provider says "too many" without saying for how long.
_HOLD_SECONDS = 10.0
_NOT_THERE = 404
_NOT_MODIFIED = 304
_TOO_MANY = 429
_TRY_AGAIN = frozenset({408, 425})
_CREDENTIALS = frozenset({401, 403})


@dataclass(frozen=True)
class Means:
    """What a connector works with: Redis, short transactions, and a wait that can be interrupted."""

    redis: redis.Redis
    transaction: Callable[[], AbstractContextManager[Session]]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Provider:
    """One provider with one set of credentials; `headers` and `params` carry those and are never stored."""

    means: Means
    name: str
    base_url: str
    per_second: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        life: timedelta = response_cache.DETAILS_LIFE,
        revalidate: bool = False,
    ) -> Any | None:
        """The JSON at `path`, None when the provider knows no such thing; with `revalidate` never unasked.

        Raises CircuitOpen, RetryLater or Permanent, as the failure deserves.
        """
        request = response_cache.request_text(path, params or {})
        key = response_cache.key_of(self.name, self.base_url, request)
        with self.means.transaction() as session:
            cached = response_cache.load(session, key)
        if cached and cached.is_fresh and not revalidate:
            return cached.body
        answer, body = self._ask(path, params or {}, cached.etag if cached else None)
        if answer.status == _NOT_MODIFIED and cached:
            with self.means.transaction() as session:
                response_cache.renew(session, key, life)
            return cached.body
        with self.means.transaction() as session:
            response_cache.store(
                session,
                key=key,
                provider=self.name,
                request=request,
                status=answer.status,
                etag=answer.headers.get("etag"),
                body=body,
                life=life if body is not None else response_cache.SEARCH_LIFE,
            )
        return body

    def _ask(self, path: str, params: Mapping[str, str | int], etag: str | None) -> tuple[http.Answer, Any]:
        state = self._circuit.admit()
        self._limit.wait_for_turn(self.means.sleep)
        conditional = {"If-None-Match": etag} if etag else {}
        try:
            answer = http.send(
                "GET",
                self.base_url.rstrip("/") + path,
                params={**params, **self.params},
                headers={"Accept": "application/json", **self.headers, **conditional},
            )
        except http.Unreachable as error:
            raise self._failed(str(error)) from None
        self._refuse(answer)
        body = self._body(answer)
        if state != "closed":
            self._circuit.record_succeeded()
        return answer, body

    def _refuse(self, answer: http.Answer) -> None:
        """Raise what an answer that is no answer means."""
        if answer.is_success or answer.status in (_NOT_THERE, _NOT_MODIFIED):
            return
        wait = answer.retry_after_seconds()
        if answer.status in _CREDENTIALS:
            reason = f"it refuses the credentials ({answer.status}); check the key in the settings"
            self._circuit.record_refused(reason)
            raise errors.CircuitOpen(self.name, reason, 300)
        if answer.status == _TOO_MANY:
            self._limit.hold(wait if wait is not None else _HOLD_SECONDS)
            message = f"{self.name} asks us to slow down"
            raise errors.RetryLater(message, wait if wait is not None else _HOLD_SECONDS, uses_attempt=False)
        if answer.status in _TRY_AGAIN:
            raise errors.RetryLater(f"{self.name} answered {answer.status}", wait)
        if answer.status >= 500:
            raise self._failed(f"it answered {answer.status}", wait)
        raise errors.Permanent(f"{self.name} refused the request with {answer.status}")

    def _failed(self, reason: str, seconds: float | None = None) -> errors.RetryLater:
        self._circuit.record_failed(reason)
        return errors.RetryLater(f"{self.name}: {reason}", seconds)

    def _body(self, answer: http.Answer) -> Any | None:
        if answer.status in (_NOT_THERE, _NOT_MODIFIED):
            return None
        try:
            return answer.json()
        except http.Unreachable as error:
            raise self._failed(str(error)) from None

    @property
    def _limit(self) -> RateLimit:
        return RateLimit(self.means.redis, self.name, self.per_second)

    @property
    def _circuit(self) -> Circuit:
        credentials = repr(sorted({**self.headers, **self.params}.items()))
        return Circuit(self.means.redis, self.name, hashlib.sha256(credentials.encode()).hexdigest()[:8])
