"""What becomes of an attempt that failed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from queueapp import errors
from queueapp.execution import classify
from queueapp.ledger.claims import Claim
from queueapp.ledger.outcomes import Move
from queueapp.operations import Operation


class Nothing(BaseModel):
    """No payload."""


OPERATION = Operation("test", Nothing, lambda payload, context: None, "Does nothing.")


def _claim(attempt: int = 1, most: int = 6) -> Claim:
    return Claim(1, 1, "test", 1, attempt, most, "{}", dry_run=False)


def _http(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://provider.test/")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = httpx.Response(status, headers=named, request=request)
    return httpx.HTTPStatusError(f"status {status}", request=request, response=answer)


def _failure(error: BaseException, **claim: Any) -> tuple[Move, float, bool]:
    move, _, delay, uses = classify.failure(OPERATION, _claim(**claim), error)
    return move, delay, uses


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (9, 3600), (30, 3600)]
)
def test_the_wait_doubles_from_half_a_minute_to_an_hour_give_or_take_a_tenth(
    attempt: int, seconds: float
) -> None:
    waits = [_failure(OSError("away"), attempt=attempt, most=99)[1] for _ in range(200)]
    assert seconds * 0.9 <= min(waits) < seconds < max(waits) <= seconds * 1.1


def test_an_item_fails_with_its_last_attempt() -> None:
    assert _failure(OSError("away"), attempt=5)[0] is Move.RETRY
    assert _failure(OSError("away"), attempt=6)[0] is Move.FAILED


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 422, 451])
def test_what_a_provider_refuses_is_not_tried_again(status: int) -> None:
    assert _failure(_http(status))[0] is Move.FAILED


@pytest.mark.parametrize("status", [401, 403, 408, 425, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert _failure(_http(status))[0] is Move.RETRY


@pytest.mark.parametrize(
    "error", [FileNotFoundError("gone"), errors.Permanent("no"), errors.BadPayload("bad", [])]
)
def test_a_missing_file_and_bad_input_are_not_tried_again(error: Exception) -> None:
    assert _failure(error)[0] is Move.FAILED


def test_retry_after_is_kept_to_in_seconds_and_as_a_date() -> None:
    assert _failure(_http(429, retry_after="120")) == (Move.RETRY, 120.0, True)
    later = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)  # noqa: UP017
    assert 85 < _failure(_http(503, retry_after=later))[1] <= 91
    assert 27 <= _failure(_http(503, retry_after="soon"))[1] <= 33
    assert _failure(errors.RetryLater("busy", 7)) == (Move.RETRY, 7, True)


def test_waiting_for_a_limit_or_a_circuit_uses_no_attempt_even_the_last() -> None:
    assert _failure(errors.RetryLater("busy", 3, uses_attempt=False), attempt=6) == (Move.RETRY, 3, False)
    assert _failure(errors.CircuitOpen("tmdb", "down"), attempt=6)[::2] == (Move.RETRY, False)


def test_a_result_is_bounded_in_bytes_of_utf_8() -> None:
    assert classify.result_text({"text": "映" * 80_000}) is not None
    with pytest.raises(errors.Permanent, match="256 KiB"):
        classify.result_text({"text": "映" * 90_000})
    with pytest.raises(errors.Permanent, match="256 KiB"):
        classify.result_text({"text": "x" * 262_144})
    with pytest.raises(errors.Permanent, match="not list"):
        classify.result_text([1])  # type: ignore[arg-type]
