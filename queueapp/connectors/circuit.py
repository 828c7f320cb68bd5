"""A provider that keeps failing is left alone for a while; one that refuses us, until a person acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Literal, cast

import redis

from queueapp import errors

#: Failures in a row that open the circuit.
FAILURES_TO_OPEN = 5
_FIRST_REST_MS = 30_000
_LONGEST_REST_MS = 600_000
#: The one request let through after a rest has this long before another may try.
_PROBE_MS = 90_000
#: How often an item looks whether a person has mended the credentials.
_CREDENTIALS_WAIT_SECONDS = 300.0
_NAMES = "queueapp:circuits"

State = Literal["closed", "watched", "open", "probe"]


@dataclass(frozen=True)
class CircuitView:
    """An open circuit, for banners; `probe_at` is when it is tried again, None when a person must act."""

    name: str
    kind: Literal["failing", "credentials"]
    reason: str
    opened_at: datetime
    probe_at: datetime | None


@dataclass(frozen=True)
class Circuit:
    """The circuit of one provider with one set of credentials: new credentials start a new circuit."""

    connection: redis.Redis
    provider: str
    credentials_digest: str = ""

    @property
    def name(self) -> str:
        """Provider and credentials, as in Redis."""
        return f"{self.provider}:{self.credentials_digest}" if self.credentials_digest else self.provider

    def admit(self, *, insist: bool = False) -> State:
        """Return when a request may be sent, or raise CircuitOpen. After a rest one probe is let through.

        With `insist` the rest does not count, as the caller has kept one of its own; one probe at a time still does.
        """
        state, wait, reason, since = self._run("insist" if insist else "ask")
        if state == "open":
            seconds = wait / 1000 if wait >= 0 else _CREDENTIALS_WAIT_SECONDS
            raise errors.CircuitOpen(self.provider, reason, seconds, since=since)
        return state

    def record_failed(self, reason: str) -> State:
        """Count a failure; enough in a row open the circuit. Returns how it stands now."""
        return self._run("failed", reason)[0]

    def record_refused(self, reason: str) -> None:
        """Open the circuit until the credentials are changed or `reset` is called."""
        self._run("refused", reason)

    def record_succeeded(self) -> None:
        """Close the circuit and forget the failures."""
        self._run("succeeded")

    def _run(self, what: str, reason: str = "") -> tuple[State, int, str, datetime | None]:
        arguments: list[str | int] = [
            what,
            self.name,
            reason,
            FAILURES_TO_OPEN,
            _FIRST_REST_MS,
            _LONGEST_REST_MS,
            _PROBE_MS,
        ]
        try:
            script = self.connection.register_script(_source())
            state, wait, text, _, opened_at = cast(
                "tuple[bytes, int, bytes, bytes, bytes]",
                script(keys=[_key(self.name), _NAMES], args=arguments),
            )
        except redis.RedisError as error:
            message = f"Redis, which knows whether {self.provider} works, cannot be reached"
            raise errors.RetryLater(message, 5, uses_attempt=False) from error
        since = _time(_text(opened_at)) if opened_at else None
        return cast("State", _text(state)), wait, _text(text), since


def open_circuits(connection: redis.Redis) -> list[CircuitView]:
    """The circuits that are open now."""
    views: list[CircuitView] = []
    for name in sorted(_text(one) for one in cast("set[bytes]", connection.smembers(_NAMES))):
        stored = cast("dict[bytes, bytes]", connection.hgetall(_key(name)))
        fields = {_text(key): _text(value) for key, value in stored.items()}
        if not fields:
            connection.srem(_NAMES, name)
        elif kind := fields.get("kind"):
            probe = _time(fields["closed_until"]) if kind == "failing" else None
            opened = _time(fields["opened_at"])
            provider = name.partition(":")[0]
            views.append(
                CircuitView(provider, cast('Literal["failing"]', kind), fields["reason"], opened, probe)
            )
    return views


def reset(connection: redis.Redis, provider: str) -> None:
    """Close every circuit of a provider, because a person says that it works again."""
    for name in [_text(one) for one in cast("set[bytes]", connection.smembers(_NAMES))]:
        if name.partition(":")[0] == provider:
            connection.delete(_key(name))
            connection.srem(_NAMES, name)


def _key(name: str) -> str:
    return f"queueapp:circuit:{name}"


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


@cache
def _source() -> str:
    return resources.files(__package__).joinpath("circuit.lua").read_text(encoding="utf-8")
