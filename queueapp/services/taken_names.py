"""Names that only one of a kind may have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from queueapp import errors


@contextmanager
def refused_when_taken(session: Session, constraint: str, message: str) -> Iterator[None]:
    """Store what is done inside, or raise Conflict with `message` when it breaks that unique constraint.

    The transaction goes on either way.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        if constraint not in str(error.orig):
            raise
        raise errors.Conflict(message) from None
