"""Every error of the domain, named once; the edges (HTTP, CLI, actor) translate them."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class QueueAppError(Exception):
    """Base of all errors raised on purpose; its message is written for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(QueueAppError):
    """A setting is unknown or has a bad value; the message names the key and the remedy."""


class NotFound(QueueAppError):
    """The thing asked for does not exist."""


class Gone(QueueAppError):
    """The thing asked for was there and is not any more."""


class UnknownOperation(QueueAppError):
    """No operation of this name is registered."""


class BadPayload(QueueAppError):
    """A request does not fit its model; `errors` holds one `{"loc": [...], "msg": "..."}` per field."""

    def __init__(self, message: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.errors = errors


class AlreadyQueued(QueueAppError):
    """A task with the same dedup_key is not yet terminal; `task_id` is that task."""

    def __init__(self, task_id: int) -> None:
        super().__init__(f"task {task_id} with the same dedup_key is not finished yet")
        self.task_id = task_id


class TaskLimitReached(QueueAppError):
    """As many tasks as `tasks.max_active` allows are active."""

    def __init__(self, limit: int, retry_after_seconds: int = 30) -> None:
        super().__init__(f"{limit} tasks are active, the most that tasks.max_active allows; try again later")
        self.retry_after_seconds = retry_after_seconds


class QueueFull(TaskLimitReached):
    """As many batches wait and run as `batch.max_queue_size` allows."""

    def __init__(self, message: str, retry_after_seconds: int = 30) -> None:
        QueueAppError.__init__(self, message)
        self.retry_after_seconds = retry_after_seconds


class WrongStatus(QueueAppError):
    """The act is not allowed in the thing's present status, which `status` names."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Conflict(QueueAppError):
    """The act collides with something that exists already."""


class TooLarge(QueueAppError):
    """A stated bound (payload, items, result, request) is exceeded; the message names it."""


class PathRefused(QueueAppError):
    """A path lies outside every library and allowed root, or is malformed."""


class DatabaseUnavailable(QueueAppError):
    """PostgreSQL cannot be reached."""


class RedisUnavailable(QueueAppError):
    """Redis cannot be reached."""


class ProviderUnavailable(QueueAppError):
    """An outside service that a person waits for does not answer, or not as it should."""


class Permanent(QueueAppError):
    """Raised by an actor: this item fails now and is not retried."""


class Skip(QueueAppError):
    """Raised by an actor: there was nothing to do; the item ends `skipped`, with `details` in its result."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


class RetryLater(QueueAppError):
    """Raised by an actor: try again after `seconds` (None: the operation's backoff).

    With `uses_attempt=False` (a rate limit, a shutdown) the attempt is given back.
    """

    def __init__(self, message: str, seconds: float | None = None, *, uses_attempt: bool = True) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.uses_attempt = uses_attempt


class TimedOut(QueueAppError):
    """An attempt took longer than its operation allows."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"timed out after {seconds:g} s")


class ProcessDied(QueueAppError):
    """The process in which an isolated operation ran ended before the operation did."""


class CircuitOpen(RetryLater):
    """Raised by a connector: the provider keeps failing, its items wait without using attempts."""

    def __init__(
        self, provider: str, reason: str, seconds: float = 30.0, *, since: datetime | None = None
    ) -> None:
        at = f"since {since:%Y-%m-%d %H:%M:%S} UTC" if since else "now"
        super().__init__(f"{provider} circuit open {at}: {reason}", seconds, uses_attempt=False)
        self.provider = provider
        self.reason = reason
