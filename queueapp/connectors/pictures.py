"""Fetch pictures from the providers' image servers."""

from __future__ import annotations

from queueapp import errors
from queueapp.connectors import http
from queueapp.media.pictures import Checked, NotAPicture, check

_TIMEOUT_SECONDS = 60.0


def fetch(url: str) -> Checked:
    """The picture at an address, decoded once to be sure of it.

    Raises RetryLater when it may come later, Permanent when it is not there or no picture.
    """
    try:
        answer = http.send("GET", url, timeout_seconds=_TIMEOUT_SECONDS, follow_redirects=True)
    except http.Unreachable as error:
        raise errors.RetryLater(f"a picture could not be fetched: {error}") from None
    if answer.status >= 500 or answer.status in (408, 425, 429):
        wait = answer.retry_after_seconds()
        raise errors.RetryLater(f"the image server answered {answer.status}", wait)
    if not answer.is_success:
        raise errors.Permanent(f"the image server answered {answer.status}")
    try:
        return check(answer.content)
    except NotAPicture as error:
        raise errors.Permanent(f"what the image server sent cannot be used: {error}") from None
