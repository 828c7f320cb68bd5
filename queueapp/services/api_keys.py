"""Use cases on API keys: create, list, revoke, and find who a key belongs to."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.models.api_key import ApiKey
from queueapp.models.user import Role

#: what each key begins with, so that a leaked one is recognised
PREFIX = "qk_"
#: how many of a key's characters are shown in lists
SHOWN = 10
#: `last_used_at` is written at most this often per key
LAST_USE_SECONDS = 60


def create_key(
    session: Session, name: str, role: str | Role, *, created_by: str | None = None
) -> tuple[ApiKey, str]:
    """Store a new key's hash; returns the row and the key itself, which can never be read again.

    Raises BadPayload for an unfit name or role.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        _refuse("name", "a name has 1 to 100 printable characters")
    if role not in set(Role):
        _refuse("role", "a role is 'admin' or 'viewer'")
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(name=name, role=Role(role), key_hash=hash_of(key), prefix=key[:SHOWN], created_by=created_by)
    session.add(row)
    session.flush()
    return row, key


def list_keys(session: Session) -> Sequence[ApiKey]:
    """All keys, newest first, revoked ones too."""
    return session.scalars(sa.select(ApiKey).order_by(ApiKey.id.desc())).all()


def revoke_key(session: Session, key_id: int) -> ApiKey:
    """Make a key useless from now on. Raises NotFound; revoking twice changes nothing."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise errors.NotFound(f"there is no API key {key_id}")
    if row.revoked_at is None:
        row.revoked_at = sa.func.now()
        session.flush()
    return row


def find_by_key(session: Session, key: str) -> ApiKey | None:
    """The valid key that this is, noting its use; None when it is unknown or revoked."""
    stale_before = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, LAST_USE_SECONDS)
    noted = sa.func.coalesce(ApiKey.last_used_at >= stale_before, sa.false())
    valid = ApiKey.revoked_at.is_(None)
    found = session.execute(sa.select(ApiKey, noted).where(ApiKey.key_hash == hash_of(key), valid)).first()
    if found is None:
        return None
    row, is_noted = found
    if not is_noted:
        row.last_used_at = sa.func.now()
        session.flush()
    return row


def hash_of(key: str) -> str:
    """What is stored of a key: its SHA-256, hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def _refuse(field: str, message: str) -> None:
    raise errors.BadPayload(message, [{"loc": [field], "msg": message}])
