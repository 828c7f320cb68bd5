"""The registry of operations: a payload model, limits and the function that performs it, declared in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from queueapp import errors, strict_json
from queueapp.priorities import LANES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from queueapp.config import Settings
    from queueapp.execution.context import Context

Perform = Callable[[Any, "Context"], dict[str, Any] | None]
Rejoin = Callable[["Session", "Settings", int], int]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Limits:
    """How many items of an operation may be in flight over all workers, and how many of these not yet started."""

    in_flight: int | None
    unstarted: int | None

    def room(self, in_flight: int, unstarted: int) -> int:
        """Return how many more may be handed out beside those that are."""
        left = [
            most - now for most, now in ((self.in_flight, in_flight), (self.unstarted, unstarted)) if most
        ]
        return max(min(left), 0)


@dataclass(frozen=True, slots=True)
class Operation:
    """One type of work. Times are seconds; `max_attempts` counts the first run too."""

    name: str
    payload: type[BaseModel]
    perform: Perform
    doc: str
    phase: str | None = None
    timeout_seconds: float = 600.0
    max_attempts: int = 6
    #: base of the backoff: the nth retry waits base x 2^(n-1), at most an hour
    backoff_seconds: float = 30.0
    #: a key (often a path) of which only one item runs at a time over all workers
    concurrency_key: Callable[[Any], str | None] | None = None
    #: its items that run at a time over all workers; None: as many as there are threads
    max_concurrency: int | None = None
    #: its items that start in any second over all workers; waiting for a turn uses no attempt
    rate_limit: float | None = None
    #: the lane of a task of this type whose priority nobody gives
    lane: str | None = None
    title: Callable[[Any], str] | None = None
    #: it blocks in native code, where no interrupt reaches it, so it runs in a child process that can be killed
    isolated: bool = False
    #: it adds items it finds, so nobody can foretell the end of its task while it runs
    grows: bool = False
    #: offered to people; internal steps are not
    public: bool = True
    #: asked before a task of this type is retried: refuses it by an error, or says how many of its ordering key run
    #: at a time (1 unless asked)
    rejoin: Rejoin | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for limits that make no sense."""
        if self.lane is not None and self.lane not in LANES:
            raise ValueError(f"operation {self.name!r}: lane is one of {', '.join(LANES)}, not {self.lane!r}")
        for name in ("max_concurrency", "rate_limit", "timeout_seconds", "max_attempts"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"operation {self.name!r}: {name} must be above 0")

    @property
    def in_flight_limit(self) -> int | None:
        """How many of its items may be handed out and not started, so that few wait for their turn in a thread."""
        return None if self.rate_limit is None else math.ceil(self.rate_limit / 4)

    @property
    def is_limited(self) -> bool:
        """Whether its items are handed out a few at a time."""
        return self.max_concurrency is not None or self.rate_limit is not None

    def parse(self, payload: Any) -> BaseModel:
        """Return a payload that comes from outside as its model, which takes the types of its schema and no others.

        Raises BadPayload with the path of each bad field.
        """
        try:
            return strict_json.read(self.payload, payload)
        except ValidationError as error:
            raise self._unfit("payload", field_errors(error)) from None
        except PydanticSerializationError as error:
            raise self._unfit("payload", [{"loc": [], "msg": f"Not JSON: {error}"}]) from None

    def parse_own(self, payload: Any) -> BaseModel:
        """Return a payload that an operation made while it ran: types are converted. Raises BadPayload."""
        try:
            return self.payload.model_validate(payload)
        except ValidationError as error:
            raise self._unfit("payload", field_errors(error)) from None

    def parse_stored(self, payload: str | bytes) -> BaseModel:
        """Return a stored payload as its model; types are converted, for older releases stored other ones.

        Raises BadPayload.
        """
        try:
            return self.payload.model_validate_json(payload)
        except ValidationError as error:
            raise self._unfit("stored payload", field_errors(error)) from None

    def _unfit(self, what: str, problems: list[dict[str, Any]]) -> errors.BadPayload:
        return errors.BadPayload(f"the {what} does not fit operation {self.name}", problems)

    def title_of(self, payload: BaseModel) -> str | None:
        """Return a title for an item with this payload, or None."""
        return self.title(payload) if self.title else None


def field_errors(error: ValidationError) -> list[dict[str, Any]]:
    """Return pydantic's complaints as `{"loc": [...], "msg": "..."}`."""
    return [{"loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors(include_url=False)]


@dataclass(slots=True)
class Registry:
    """The operations known to this process."""

    _operations: dict[str, Operation] = field(default_factory=dict)

    def add(self, operation: Operation) -> None:
        """Register an operation; a second one of the same name is a programming error."""
        known = self._operations.get(operation.name)
        if known is not None and known.perform is not operation.perform:
            raise ValueError(f"operation {operation.name!r} is registered twice")
        self._operations[operation.name] = operation

    def get(self, name: str) -> Operation:
        """Return an operation; raises UnknownOperation naming those there are."""
        try:
            return self._operations[name]
        except KeyError:
            raise errors.UnknownOperation(
                f"unknown operation {name!r}; known are {', '.join(sorted(self._operations))}"
            ) from None

    def find(self, name: str) -> Operation | None:
        """Return an operation, or None."""
        return self._operations.get(name)

    def names(self) -> list[str]:
        """Return the names of all operations, sorted."""
        return sorted(self._operations)

    def limits(self) -> dict[str, Limits]:
        """Return the limits of the operations that have any, by name."""
        limited = [one for one in self._operations.values() if one.is_limited]
        return {one.name: Limits(one.max_concurrency, one.in_flight_limit) for one in limited}

    def all(self) -> list[Operation]:
        """Return all operations in order of their names."""
        return [self._operations[name] for name in self.names()]

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.all())

    def __contains__(self, name: object) -> bool:
        return name in self._operations


#: The registry that `@operation` fills; a process has one set of actors.
REGISTRY = Registry()


def operation(
    name: str, *, payload: type[BaseModel], registry: Registry = REGISTRY, **limits: Any
) -> Callable[[Decorated], Decorated]:
    """Register the decorated `perform(payload, context)` as an operation; its docstring's first line describes it.

    `limits` are the further fields of Operation. With this one declaration the operation is in the API, the CLI,
    the forms and the docs.
    """

    def register(perform: Decorated) -> Decorated:
        doc = (perform.__doc__ or "").strip().splitlines()
        if not doc:
            raise ValueError(f"operation {name!r} needs a docstring; its first line is shown to people")
        registry.add(Operation(name=name, payload=payload, perform=perform, doc=doc[0].strip(), **limits))
        return perform

    return register
