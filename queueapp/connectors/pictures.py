"""Fetch pictures from the providers' image servers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from queueapp import errors
from queueapp.connectors import http
from queueapp.media.pictures import Checked, NotAPicture, check

_TIMEOUT_SECONDS = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def fetch(url: str) -> Checked:
    """The picture at an address, decoded once to be sure of it.

    Raises RetryLater when it may come later, Permanent when it is not there or no picture.
    """
    try:
        answer = http.send("GET", url, timeout_seconds=_TIMEOUT_SECONDS, follow_redirects=True)
    except http.Unreachable as error:
        raise errors.RetryLater(f"a picture could not be fetched: {error}") from None
    _refuse(answer)
    try:
        return check(answer.content)
    except NotAPicture as error:
        raise errors.Permanent(f"what the image server sent cannot be used: {error}") from None


def fetch_first(urls: Sequence[str], latest: float) -> bytes:
    """What the first of these addresses has that has something, unchecked; tried until `latest` (monotonic seconds).

    It may redirect within its own host only. Raises RetryLater, or Permanent when none has anything.
    """
    refused = errors.Permanent("there is no address")
    for url in urls:
        try:
            return _fetch_by(url, latest)
        except errors.Permanent as error:
            refused = error
    raise refused


def _fetch_by(url: str, latest: float) -> bytes:
    try:
        answer = _get(url, latest)
        onward = urljoin(url, answer.headers.get("location", ""))
        if answer.status in _REDIRECTS and urlsplit(onward).hostname == urlsplit(url).hostname:
            answer = _get(onward, latest)
    except http.Unreachable as error:
        raise errors.RetryLater(f"a picture could not be fetched: {error}") from None
    _refuse(answer)
    return answer.content


def _get(url: str, latest: float) -> http.Answer:
    seconds = latest - time.monotonic()
    if seconds <= 0:
        raise http.Unreachable("no answer in time")
    return http.send("GET", url, timeout_seconds=seconds)


def _refuse(answer: http.Answer) -> None:
    """Raise what an answer without a picture means."""
    if answer.status >= 500 or answer.status in (408, 425, 429):
        wait = answer.retry_after_seconds()
        raise errors.RetryLater(f"the image server answered {answer.status}", wait)
    if not answer.is_success:
        raise errors.Permanent(f"the image server answered {answer.status}")
