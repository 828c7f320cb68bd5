"""Who a request comes from: a person with a session, or a program with a key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from flask import Request
from flask_login import UserMixin
from sqlalchemy.orm import Session

from queueapp.models.user import Role, User
from queueapp.services import api_keys


@dataclass(frozen=True, slots=True)
class Principal(UserMixin):  # type: ignore[misc]
    """An authenticated caller, read once per request."""

    id: int
    name: str
    role: Role
    via: Literal["session", "key", "widget"]
    #: changes with the password, so that a new password ends the sessions opened with the old one
    stamp: str = ""

    @property
    def who(self) -> str:
        """How tasks and the audit log name this caller."""
        return f"key:{self.name}" if self.via == "key" else self.name

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed."""
        return self.role is Role.ADMIN

    def get_id(self) -> str:
        """What the session cookie holds."""
        return f"{self.id}.{self.stamp}"


def of_user(user: User) -> Principal:
    """The caller that a logged-in user is."""
    return Principal(user.id, user.name, user.role, "session", _stamp(user))


def from_session(session: Session, session_id: str) -> Principal | None:
    """The caller that a session cookie names; None when the user is gone or has a new password."""
    user_id, _, stamp = session_id.partition(".")
    user = session.get(User, int(user_id)) if user_id.isdigit() else None
    return of_user(user) if user is not None and stamp == _stamp(user) else None


def from_key(session: Session, key: str) -> Principal | None:
    """The caller that an API key belongs to, or None."""
    row = api_keys.find_by_key(session, key)
    return Principal(row.id, row.name, row.role, "key") if row is not None else None


def presented_key(request: Request) -> str | None:
    """The key a request carries in `X-Api-Key` or `Authorization: Bearer`, if any."""
    key = request.headers.get("X-Api-Key")
    if key is None and request.authorization is not None and request.authorization.type == "bearer":
        key = request.authorization.token
    return key


def _stamp(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
