"""Who may send webhooks: the key of a downloader, an admin's API key, or an admin's name and password.

What opened the door before, or is known to open it, is remembered as digests, so that webhooks are still told
from strangers' requests while the database is away, even after a restart.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.models.api_key import ApiKey
from queueapp.models.downloader import Downloader
from queueapp.models.user import Role
from queueapp.services import api_keys, users


class BadCredentials(Exception):
    """What the request presents opens nothing."""


class NotAllowed(Exception):
    """The key is good, but only for reading."""


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brings: keys, each of which may be one, and perhaps a user's name and password."""

    keys: tuple[str, ...] = ()
    user: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose key it is: a downloader's, or None for that of an admin."""

    downloader_id: int | None = None


@dataclass
class KnownKeys:
    """Digests of what opens the door, with the id of the downloader it belongs to; kept in a file too."""

    file: Path
    _known: dict[str, int | None] = field(default_factory=dict)
    _users: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: bool = False

    def find(self, presented: Presented) -> Sender:
        """Whose key it is by what is remembered. Raises BadCredentials."""
        with self._lock:
            self._load()
            for key in presented.keys:
                digest = api_keys.hash_of(key)
                if digest in self._known:
                    return Sender(self._known[digest])
            if presented.user and _digest_of(presented.user) in self._users:
                return Sender()
        raise BadCredentials

    def refresh(self, session: Session) -> None:
        """Learn all keys anew. Passwords stay known for as long as they are the user's."""
        known: dict[str, int | None] = {
            api_keys.hash_of(key): number
            for number, key in session.execute(
                sa.select(Downloader.id, Downloader.webhook_key).where(Downloader.enabled)
            )
        }
        admins = sa.select(ApiKey.key_hash).where(ApiKey.revoked_at.is_(None), ApiKey.role == Role.ADMIN)
        known |= dict.fromkeys(session.scalars(admins))
        stamps = {user.password_hash for user in users.list_users(session)}
        with self._lock:
            self._load()
            self._users = {digest: stamp for digest, stamp in self._users.items() if stamp in stamps}
            if known != self._known:
                self._known = known
                self._keep()

    def remember_user(self, user: tuple[str, str], stamp: str) -> None:
        """Remember a user's name and password for as long as `stamp` is their stored password."""
        with self._lock:
            self._users[_digest_of(user)] = stamp

    def remembers_user(self, user: tuple[str, str], stamp: str) -> bool:
        """Whether this name and password were found right before, and the password is still that one."""
        with self._lock:
            return self._users.get(_digest_of(user)) == stamp

    def _load(self) -> None:
        if self._read:
            return
        self._read = True
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._known = {str(key): owner for key, owner in json.loads(self.file.read_text()).items()}

    def _keep(self) -> None:
        # Losing this file only matters when the web process restarts while the database is away.
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.file.with_suffix(f".{os.getpid()}")
            temporary.touch(0o600)
            temporary.write_text(json.dumps(self._known))
            temporary.replace(self.file)


#: Whose keys these are; a use is noted when the last one is a minute old.
_OWNERS = """
    SELECT id, NULL AS role, false AS unnoted FROM downloaders WHERE webhook_key = ANY(%(keys)s) AND enabled
    UNION ALL
    SELECT id, role, coalesce(last_used_at < now() - make_interval(secs => %(seconds)s), true)
    FROM api_keys WHERE key_hash = ANY(%(hashes)s) AND revoked_at IS NULL
"""


#: The owner of keys that let in at once, for a name that can be sent to: without a use to be noted.
LET_IN = """
    SELECT o.id FROM (
        SELECT id FROM downloaders WHERE webhook_key = ANY(%(keys)s) AND enabled
        UNION ALL
        SELECT NULL FROM api_keys WHERE key_hash = ANY(%(hashes)s) AND revoked_at IS NULL AND role = 'admin'
            AND last_used_at >= now() - make_interval(secs => %(seconds)s)
    ) AS o
    WHERE %(is_kind)s OR EXISTS (SELECT 1 FROM downloaders WHERE lower(name) = lower(%(source)s))
    ORDER BY o.id NULLS LAST LIMIT 1
"""


def given(keys: Sequence[str]) -> dict[str, Any]:
    """The values for both statements of what was presented."""
    return {
        "keys": list(keys),
        "hashes": [api_keys.hash_of(key) for key in keys],
        "seconds": api_keys.LAST_USE_SECONDS,
    }


def owner_of(conn: psycopg.Connection[Any], keys: Sequence[str]) -> Sender:
    """Whose keys these are, by the database. Raises BadCredentials, or NotAllowed for a viewer's."""
    found = conn.execute(_OWNERS, given(keys)).fetchall() if keys else []
    for number, role, _ in found:
        if role is None:
            return Sender(number)
    for number, role, unnoted in found:
        if unnoted:
            conn.execute("UPDATE api_keys SET last_used_at = now() WHERE id = %s", (number,))
        if role == Role.ADMIN.value:
            return Sender()
    raise NotAllowed if found else BadCredentials


def owner_of_user(session: Session, user: tuple[str, str], known: KnownKeys) -> Sender:
    """Whether these are an admin's name and password. Raises BadCredentials, or NotAllowed for a viewer's."""
    row = users.find_user(session, user[0])
    # Checking a password takes a tenth of a second on purpose; once right, it is known.
    if row is not None and known.remembers_user(user, row.password_hash):
        return Sender()
    row = users.check_password(session, *user)
    if row is None:
        raise BadCredentials
    if row.role is not Role.ADMIN:
        raise NotAllowed
    known.remember_user(user, row.password_hash)
    return Sender()


def _digest_of(user: tuple[str, str]) -> str:
    name, password = user
    return hashlib.sha256(f"{len(name)}:{name.lower()}:{password}".encode()).hexdigest()
