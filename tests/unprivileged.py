"""Workers that permissions hold for, even where the tests run as root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from queueapp.config import Settings
from tests.proxy import proxied, to_socket_file

#: What lets root read and write whatever the modes of files say.
POWERS = "-dac_override,-dac_read_search"


@dataclass(frozen=True)
class Unprivileged:
    """How to start a program so that an unreadable folder is unreadable to it."""

    prefix: tuple[str, ...]
    environ: dict[str, str]


@contextmanager
def unprivileged(settings: Settings) -> Iterator[Unprivileged]:
    """What a worker needs in order to run without root's powers, and still reach this test's servers.

    Their sockets are in a folder that is closed to others, so it reaches them through the test, over TCP.
    """
    if os.geteuid() != 0:
        yield Unprivileged((), {})
        return
    database, redis = urlsplit(settings.database_url or ""), urlsplit(settings.redis_url or "")
    sockets = Path(parse_qs(database.query)["host"][0])
    with ExitStack() as stack:
        postgres = stack.enter_context(proxied(to_socket_file(sockets / ".s.PGSQL.5432")))
        other = stack.enter_context(proxied(to_socket_file(Path(redis.path))))
        yield Unprivileged(
            ("setpriv", f"--bounding-set={POWERS}", f"--inh-caps={POWERS}"),
            {
                "DATABASE_URL": f"postgresql://{database.username}@127.0.0.1:{postgres.port}{database.path}",
                "REDIS_URL": f"redis://:{redis.password or ''}@127.0.0.1:{other.port}/0",
            },
        )
