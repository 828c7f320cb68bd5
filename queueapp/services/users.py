"""Use cases on users: add, change a password, check one. Passwords are stored as argon2id hashes."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import argon2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.models.user import Role, User

MIN_PASSWORD = 8
MAX_PASSWORD = 1024
MAX_NAME = 100

HASHER = argon2.PasswordHasher()


def add_user(session: Session, name: str, password: str, role: str | Role) -> User:
    """Store a new user. Raises BadPayload for an unfit name, password or role, Conflict for a taken name."""
    user = User(name=_checked_name(name), role=_checked_role(role), password_hash=_hashed(password))
    if find_user(session, user.name) is not None:
        raise errors.Conflict(f"a user named '{user.name}' exists already")
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, name: str, password: str) -> User:
    """Replace a user's password, which also ends that user's sessions. Raises NotFound, BadPayload."""
    user = get_user(session, name)
    user.password_hash = _hashed(password)
    user.updated_at = sa.func.now()
    session.flush()
    return user


def set_role(session: Session, name: str, role: str | Role) -> User:
    """Change a user's role. Raises NotFound, BadPayload, and Conflict for the last admin."""
    user = get_user(session, name)
    new = _checked_role(role)
    if user.role is Role.ADMIN and new is not Role.ADMIN:
        _keep_an_admin(session, user)
    user.role = new
    user.updated_at = sa.func.now()
    session.flush()
    return user


def delete_user(session: Session, name: str) -> None:
    """Remove a user. Raises NotFound, and Conflict for the last admin."""
    user = get_user(session, name)
    if user.role is Role.ADMIN:
        _keep_an_admin(session, user)
    session.delete(user)
    session.flush()


def list_users(session: Session) -> Sequence[User]:
    """All users, by name."""
    return session.scalars(sa.select(User).order_by(User.name)).all()


def find_user(session: Session, name: str) -> User | None:
    """The user of that name in any case, or None."""
    return session.scalar(sa.select(User).where(User.name == name.strip().lower()))


def get_user(session: Session, name: str) -> User:
    """The user of that name. Raises NotFound."""
    user = find_user(session, name)
    if user is None:
        raise errors.NotFound(f"there is no user named '{name}'")
    return user


def ensure_admin(session: Session, password: str) -> bool:
    """Create the user `admin` when there is no user at all; returns whether it was created."""
    session.execute(sa.text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))
    if session.scalar(sa.select(sa.func.count()).select_from(User)):
        return False
    add_user(session, "admin", password, Role.ADMIN)
    return True


def check_password(session: Session, name: str, password: str) -> User | None:
    """The user whose name and password these are, noting the login; None when they do not fit.

    An unknown name takes as long as a wrong password, so that names cannot be found out by the clock.
    """
    user = find_user(session, name)
    if not _fits(user.password_hash if user else _decoy(), password) or user is None:
        return None
    if HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = HASHER.hash(password)
    user.last_login_at = sa.func.now()
    session.flush()
    return user


def _fits(password_hash: str, password: str) -> bool:
    if len(password) > MAX_PASSWORD:
        return False
    try:
        return HASHER.verify(password_hash, password)
    except argon2.exceptions.VerificationError:
        return False


@functools.cache
def _decoy() -> str:
    return HASHER.hash("nobody has this password")


def _hashed(password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        _refuse("password", f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return HASHER.hash(password)


def _checked_name(name: str) -> str:
    name = name.strip().lower()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        _refuse("name", f"a name has 1 to {MAX_NAME} printable characters")
    return name


def _checked_role(role: str | Role) -> Role:
    try:
        return Role(role)
    except ValueError:
        _refuse("role", "a role is 'admin' or 'viewer'")
        raise


def _keep_an_admin(session: Session, leaving: User) -> None:
    # Two admins demoting each other at once must not both succeed.
    session.execute(sa.text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))
    others = sa.select(sa.func.count()).where(User.role == Role.ADMIN, User.id != leaving.id)
    if not session.scalar(others):
        raise errors.Conflict(f"'{leaving.name}' is the last admin")


def _refuse(field: str, message: str) -> None:
    raise errors.BadPayload(message, [{"loc": [field], "msg": message}])
