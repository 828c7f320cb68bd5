"""A server that stands in another time zone changes nothing."""

from __future__ import annotations

import psycopg
import sqlalchemy as sa

from queueapp import bootstrap, db
from queueapp.config import Settings


def test_every_connection_reads_and_writes_in_utc(settings: Settings) -> None:
    url = settings.database_url or ""
    with psycopg.connect(url, autocommit=True) as admin:
        name = admin.execute("SELECT current_database()").fetchone()
        assert name is not None
        admin.execute(f"ALTER DATABASE \"{name[0]}\" SET timezone = 'Asia/Kolkata'".encode())
    runtime = bootstrap.runtime(settings)
    show = sa.text("SHOW timezone")
    with runtime.transaction() as session:
        assert session.execute(show).scalar() == "UTC"
    with runtime.dispatch_engine.connect() as connection:
        assert connection.execute(show).scalar() == "UTC"
    for durable in (True, False):
        with db.connect(url, durable=durable) as plain:
            assert plain.execute("SHOW timezone").fetchone() == ("UTC",)
    with runtime.direct.connection() as direct:
        assert direct.execute("SHOW timezone").fetchone() == ("UTC",)
    runtime.close()
