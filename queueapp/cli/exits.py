"""Exit codes, and the one place where named errors become one line and a code."""

from __future__ import annotations

from typing import Any

import click
import redis

from queueapp import errors
from queueapp.embedded import InstanceRunning

DONE = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
CANCELED = 4
UNREACHABLE = 5

#: The first class that fits decides; everything else of ours is FAILED.
CODES: tuple[tuple[type[Exception], int], ...] = (
    (errors.NotFound, NOT_FOUND),
    (errors.DatabaseUnavailable, UNREACHABLE),
    (errors.RedisUnavailable, UNREACHABLE),
    (redis.ConnectionError, UNREACHABLE),
    (redis.TimeoutError, UNREACHABLE),
    (errors.ConfigError, USAGE),
    (errors.UnknownOperation, USAGE),
    (errors.BadPayload, USAGE),
    (errors.PathRefused, USAGE),
    (errors.TooLarge, USAGE),
    (InstanceRunning, USAGE),
)


def code_of(error: Exception) -> int:
    """The exit code that an error ends a command with."""
    return next((code for kind, code in CODES if isinstance(error, kind)), FAILED)


def line_of(error: Exception) -> str:
    """The error as one line for a person."""
    if isinstance(error, errors.BadPayload) and error.errors:
        first = error.errors[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{error.message}: {where}: {first['msg']}" if where else f"{error.message}: {first['msg']}"
    if isinstance(error, redis.RedisError):
        return f"cannot reach Redis: {error}"
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


class ErrorsAsLines(click.Group):
    """A group whose commands end with one line and an exit code instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a named error is written to stderr as one line."""
        try:
            return super().invoke(ctx)
        except (errors.QueueAppError, redis.ConnectionError, redis.TimeoutError) as error:
            click.echo(f"queueapp: {line_of(error)}", err=True)
            ctx.exit(code_of(error))
