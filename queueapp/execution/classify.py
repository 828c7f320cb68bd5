"""Says what became of a run: completed, skipped, to be tried again or failed, and how long to wait."""

from __future__ import annotations

import random
import subprocess
import time
import traceback
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import ValidationError

from queueapp import errors
from queueapp.ledger.claims import Claim
from queueapp.ledger.items import as_json, json_bytes
from queueapp.ledger.outcomes import Move
from queueapp.operations import Operation

MAX_RESULT_BYTES = 256 * 1024
MAX_BACKOFF_SECONDS = 3600.0
#: Part of the backoff by which it varies either way, so that items failing together do not return together.
JITTER = 0.1
MAX_RETRY_AFTER_SECONDS = 86_400.0
TRACEBACK_LINES = 60

#: Errors that come again however often one tries.
PERMANENT = (
    errors.Permanent, errors.BadPayload, errors.PathRefused, errors.TooLarge, errors.UnknownOperation, ValidationError,
    FileNotFoundError, NotADirectoryError, IsADirectoryError, NotImplementedError,
)  # fmt: skip
#: HTTP statuses of 4xx that may pass.
PASSING_STATUSES = {401, 403, 408, 425, 429}


def backoff_seconds(operation: Operation, attempt: int) -> float:
    """Return the wait after the `attempt`-th run failed: 30, 60, 120 … at most an hour, give or take a tenth."""
    plain: float = min(operation.backoff_seconds * 2 ** (attempt - 1), MAX_BACKOFF_SECONDS)
    return plain * random.uniform(1 - JITTER, 1 + JITTER)


def is_permanent(error: BaseException) -> bool:
    """Return whether trying again is useless."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return 400 <= status < 500 and status not in PASSING_STATUSES
    return isinstance(error, PERMANENT) and not isinstance(error, errors.RetryLater)


def failure(operation: Operation, claim: Claim, error: BaseException) -> tuple[Move, str, float, bool]:
    """Return what to do about an error: the move, the error as JSON, seconds to wait and whether it used an attempt."""
    described = describe(error)
    if isinstance(error, errors.RetryLater) and not error.uses_attempt:
        return Move.RETRY, described, error.seconds or operation.backoff_seconds, False
    if is_permanent(error) or claim.attempt >= claim.max_attempts:
        return Move.FAILED, described, 0.0, True
    wait = asked_wait(error)
    return Move.RETRY, described, backoff_seconds(operation, claim.attempt) if wait is None else wait, True


def asked_wait(error: BaseException) -> float | None:
    """Return the seconds after which to try again, as the actor or an answer's Retry-After asks for; else None."""
    if isinstance(error, errors.RetryLater):
        return error.seconds
    if isinstance(error, httpx.HTTPStatusError):
        return retry_after_seconds(error.response.headers.get("retry-after", ""))
    return None


def retry_after_seconds(header: str) -> float | None:
    """Return what a Retry-After header says, as seconds or date (RFC 9110), at most a day; None for nonsense."""
    text = header.strip()
    try:
        moment = None if text.isdigit() else parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = float(text) if moment is None else moment.timestamp() - time.time()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def describe(error: BaseException) -> str:
    """Return an error as the ledger keeps it: `{"type", "message", "traceback"}`."""
    lines = traceback.format_exception(error)
    expected = isinstance(error, errors.QueueAppError)
    return as_json(
        {
            "type": type(error).__name__,
            "message": message_of(error),
            "traceback": None if expected else "".join(lines[-TRACEBACK_LINES:])[-20_000:],
        }
    )


def message_of(error: BaseException) -> str:
    """Return one line for a person."""
    if isinstance(error, errors.QueueAppError):
        return error.message
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{error.cmd[0]} did not end within {error.timeout:.0f} s"
    text = str(error).strip()
    return f"{type(error).__name__}: {text}"[:2000] if text else type(error).__name__


def result_text(result: dict[str, Any] | None) -> str | None:
    """Return a result as JSON text; raises Permanent when it is no object or too large."""
    if result is None:
        return None
    if not isinstance(result, dict):
        raise errors.Permanent(f"an operation returns an object or nothing, not {type(result).__name__}")
    text = as_json(result)
    if len(text) > MAX_RESULT_BYTES and json_bytes(text) > MAX_RESULT_BYTES:
        raise errors.Permanent(f"the result is larger than {MAX_RESULT_BYTES // 1024} KiB")
    return text
