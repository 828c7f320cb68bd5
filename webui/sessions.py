"""The session cookie: how it is flagged, and the secret that signs it."""

from __future__ import annotations

import secrets
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.dialects.postgresql import insert

from queueapp.errors import DatabaseUnavailable
from queueapp.models.setting import Setting
from queueapp.runtime import Runtime
from webui.context import KEY as RUNTIME

SETTING = "web.session_secret"
LIFETIME = timedelta(days=14)


class StoredSecretSessions(SecureCookieSessionInterface):
    """Signs with the configured secret, else with one kept in the database that all web processes share."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the signer; None, so an empty session, while the secret cannot be read."""
        try:
            secret_of(app)
        except DatabaseUnavailable:
            return None
        return super().get_signing_serializer(app)


def secret_of(app: Flask) -> str:
    """What this app signs with: the configured secret, else the one kept in the database.

    Raises DatabaseUnavailable while that cannot be read.
    """
    if not app.secret_key:
        app.secret_key = _stored_secret(app.extensions[RUNTIME])
    return str(app.secret_key)


def _stored_secret(runtime: Runtime) -> str:
    """The secret kept in the database, made at the first call of all processes together."""
    made = insert(Setting).values(key=SETTING, value={"secret": secrets.token_urlsafe(48)})
    with runtime.transaction() as session:
        session.execute(made.on_conflict_do_nothing())
        value = session.scalars(sa.select(Setting.value).where(Setting.key == SETTING)).one()
    return str(value["secret"])


def install(app: Flask, *, secret: str | None, https: bool, base_path: str, port: int) -> None:
    """Configure the cookie. Its name carries the port: browsers do not keep cookies of ports apart."""
    app.secret_key = secret
    app.session_interface = StoredSecretSessions()
    app.config.update(
        SESSION_COOKIE_NAME=f"queueapp_session_{port}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_PATH=base_path or "/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LIFETIME,
    )
