"""The first admin of a new instance."""

from __future__ import annotations

import secrets

from queueapp import bootstrap
from queueapp.services import users


def ensure_first_admin(runtime: bootstrap.Runtime) -> str | None:
    """Make the user `admin` when there is no user; returns its password then, to be printed once.

    The password is `QUEUEAPP_ADMIN_PASSWORD`, else a generated one.
    """
    password = runtime.settings.admin_password or secrets.token_urlsafe(12)
    with runtime.transaction() as session:
        made = users.ensure_admin(session, password)
    return password if made else None
