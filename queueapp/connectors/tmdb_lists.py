"""TMDB's lists, whichever API is used: what can be done to one, what may come of it, and the way to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from queueapp import errors
from queueapp.connectors import http
from queueapp.connectors.circuit import Circuit
from queueapp.connectors.provider import Means
from queueapp.rate_limit import RateLimit

#: The circuit's name; the pace is shared with everything else that TMDB is asked.
NAME = "tmdb_lists"
PACE_NAME = "tmdb"
#: Seconds one request may take; one that takes longer may still have been obeyed.
TIMEOUT_SECONDS = 10.0
#: Used when TMDB says "too many" without saying for how long.
_HOLD_SECONDS = 10.0
_TOO_MANY = 429
_TRY_AGAIN = frozenset({408, 425})
_REFUSED = frozenset({401, 403})
#: Codes of TMDB that come with 401 or 403 and concern one thing, not the credentials: a duplicate entry, a list
#: of somebody else, a private one (developer.themoviedb.org/docs/errors).
_NOT_CREDENTIALS = frozenset({8, 38, 39})


class Outage(errors.RetryLater):
    """TMDB cannot be reached, fails, or answers nonsense; what was asked may have been done all the same."""


class SlowDown(errors.RetryLater):
    """TMDB asks to be left alone for a while."""


class CredentialsRefused(errors.CircuitOpen):
    """TMDB refuses the person's token, or ours, so a person has to act."""


class ListMissing(errors.Permanent):
    """TMDB has no list of this id any more."""


@dataclass(frozen=True)
class Said:
    """TMDB's answer: the HTTP status, its own code (0 when it gives none), its words, and the whole of it."""

    status: int
    code: int
    message: str
    body: Mapping[str, Any]

    @property
    def done(self) -> bool:
        """Whether it did what was asked: its `success` counts for more than the exact status."""
        return 200 <= self.status < 300 and self.body.get("success") is not False


@dataclass(frozen=True)
class Change:
    """What came of an operation: whether anything changed at TMDB, and in words."""

    changed: bool
    message: str


@dataclass(frozen=True)
class KnownList:
    """A list as the account's overview has it."""

    id: int
    name: str
    description: str | None = None
    public: bool | None = None
    item_count: int | None = None


class ListsApi(Protocol):
    """The lists of one person. Each method may raise Outage, SlowDown, CredentialsRefused or Permanent."""

    def create(self, data: Mapping[str, Any]) -> int:
        """Make a list and return its id."""

    def update(self, list_id: int, data: Mapping[str, Any]) -> Change:
        """Change name, description, visibility or order. Raises ListMissing."""

    def delete(self, list_id: int) -> Change:
        """Remove a list; one that is gone already is no error."""

    def clear(self, list_id: int) -> Change:
        """Take everything off a list. Raises ListMissing."""

    def add(self, list_id: int, movie_id: int) -> Change:
        """Put a film on a list; one that is on it already is no error. Raises ListMissing."""

    def remove(self, list_id: int, movie_id: int) -> Change:
        """Take a film off a list; one that is not on it is no error. Raises ListMissing."""

    def lists(self) -> list[KnownList]:
        """All lists of the account."""


@dataclass
class Line:
    """One person's way to ask TMDB, within the shared pace and circuit; `headers` and `params` hold secrets."""

    means: Means
    base_url: str
    per_second: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: the circuit was open, and this request has closed it
    recovered: bool = False
    _admitted: bool = False
    _state: str = "closed"

    @property
    def circuit(self) -> Circuit:
        """The circuit of everything about lists."""
        return Circuit(self.means.redis, NAME)

    @property
    def _pace(self) -> RateLimit:
        return RateLimit(self.means.redis, PACE_NAME, self.per_second)

    def admit(self, *, insist: bool = False) -> None:
        """Return when the next request may be sent. Raises CircuitOpen, or RetryLater when its turn is far off."""
        # The turn first: a probe that is let through and then turned away would keep all others out.
        self._pace.wait_for_turn(self.means.sleep)
        self._state = self.circuit.admit(insist=insist)
        self._admitted = True

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        expected: frozenset[int] = frozenset(),
    ) -> Said:
        """Send one request, once, and return what TMDB says to it, be it a no.

        Raises Outage (but not for statuses `expected`), SlowDown and CredentialsRefused.
        """
        if not self._admitted:
            self._pace.wait_for_turn(self.means.sleep)
        self._admitted = False
        try:
            answer = http.send(
                method,
                self.base_url.rstrip("/") + path,
                params={**(params or {}), **self.params},
                headers={"Accept": "application/json", **self.headers},
                body=body,
                timeout_seconds=TIMEOUT_SECONDS,
            )
        except http.Unreachable as error:
            self.fail(str(error))
        if answer.status >= 500 and answer.status not in expected:
            self.fail(f"it answered {answer.status}", answer.retry_after_seconds())
        said = self._read(answer)
        if self._state != "closed":
            self.circuit.record_succeeded()
            self.recovered |= self._state == "probe"
            self._state = "closed"
        self._refuse(answer, said)
        return said

    def fail(self, reason: str, seconds: float | None = None) -> NoReturn:
        """Count a failure of TMDB and raise Outage; once the circuit is open it uses no attempt."""
        is_open = self.circuit.record_failed(reason) in ("open", "probe")
        raise Outage(f"TMDB: {reason}", seconds, uses_attempt=not is_open)

    def _read(self, answer: http.Answer) -> Said:
        try:
            body = answer.json() if answer.content else {}
        except http.Unreachable as error:
            self.fail(str(error))
        if not isinstance(body, dict):
            self.fail("the answer is not what it should be")
        code = body.get("status_code")
        message = str(
            body.get("status_message") or _first(body.get("errors")) or f"it answered {answer.status}"
        )
        return Said(answer.status, code if isinstance(code, int) else 0, message[:300], body)

    def _refuse(self, answer: http.Answer, said: Said) -> None:
        wait = answer.retry_after_seconds()
        if answer.status == _TOO_MANY:
            seconds = wait if wait is not None else _HOLD_SECONDS
            self._pace.hold(seconds)
            raise SlowDown("TMDB asks us to slow down", seconds, uses_attempt=False)
        if answer.status in _TRY_AGAIN:
            raise Outage(f"TMDB answered {answer.status}", wait)
        if answer.status in _REFUSED and said.code not in _NOT_CREDENTIALS:
            raise CredentialsRefused(NAME, said.message)


def _first(errors_given: object) -> object:
    return errors_given[0] if isinstance(errors_given, list) and errors_given else None


def refused(said: Said) -> errors.Permanent:
    """What to raise for a no that stays one."""
    return errors.Permanent(f"TMDB refuses: {said.message}")


def missing(list_id: int) -> ListMissing:
    """What to raise when there is no such list any more."""
    return ListMissing(f"there is no list {list_id} at TMDB any more; it was deleted there")
