"""The checks of `queueapp doctor`, each one fact about an instance and what to do about it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import redis
import sqlalchemy as sa

from queueapp import db, errors
from queueapp.bootstrap import Runtime
from queueapp.ledger import reads
from queueapp.media import paths
from queueapp.media.tools import find as find_program
from queueapp.services.arr import downloader_contact
from queueapp.services.arr.webhook_spool import Spool
from queueapp.services.library import libraries
from queueapp.services.player import players
from queueapp.services.schedule import scheduler_lease

#: A clock further off than this confuses people, though no decision rests on it.
SKEW_SECONDS = 5.0
WORKER_SECONDS = 15.0
OLDEST_REDIS = (6, 2)


@dataclass(frozen=True)
class Finding:
    """What a check found: `ok`, `warning` (works, but…) or `bad`, and what to do."""

    check: str
    state: str
    found: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """Its fields by name."""
        return asdict(self)


Check = Callable[[Runtime], Iterator[Finding]]


def database(runtime: Runtime) -> Iterator[Finding]:
    """PostgreSQL answers."""
    started = time.monotonic()
    with runtime.transaction() as session:
        version = session.scalar(sa.text("SHOW server_version"))
    yield Finding(
        "database", "ok", f"PostgreSQL {version}, answered in {1000 * (time.monotonic() - started):.0f} ms"
    )


def migrations(runtime: Runtime) -> Iterator[Finding]:
    """The tables are those of this version."""
    current, newest = db.revisions(runtime.engine)
    if current == newest:
        yield Finding("migrations", "ok", f"at revision {current}")
    else:
        yield Finding(
            "migrations", "bad", f"at {current or 'nothing'}, not {newest}", "run `queueapp db upgrade`"
        )


def redis_server(runtime: Runtime) -> Iterator[Finding]:
    """Redis answers, is new enough and keeps what it is given."""
    try:
        about = runtime.redis.info()
    except redis.RedisError as error:
        yield Finding(
            "redis", "bad", str(error), "start Redis, or correct REDIS_URL; tasks wait safely meanwhile"
        )
        return
    version = str(about["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        yield Finding("redis", "bad", f"Redis {version}", "use Redis 6.2 or newer")
    elif str(about.get("maxmemory_policy")) not in {"noeviction", "None"}:
        remedy = "set maxmemory-policy to noeviction"
        yield Finding("redis", "warning", f"Redis {version} may evict keys", remedy)
    else:
        yield Finding("redis", "ok", f"Redis {version}")


def workers(runtime: Runtime) -> Iterator[Finding]:
    """A worker lives."""
    with runtime.transaction() as session:
        alive = reads.workers_alive(session, WORKER_SECONDS)
    if alive:
        yield Finding("workers", "ok", f"{alive} alive")
    else:
        yield Finding(
            "workers", "bad", "none is alive", "start `queueapp up`, or the worker line of the Procfile"
        )


def worker_here(runtime: Runtime) -> Iterator[Finding]:
    """A worker on this very host lives."""
    host = socket.gethostname()
    with runtime.transaction() as session:
        seen = [each for each in reads.list_workers(session) if each.host == host]
    fresh = [each for each in seen if each.heartbeat_age_seconds < WORKER_SECONDS]
    state = "ok" if fresh else "bad"
    yield Finding(
        "worker-here", state, f"{len(fresh)} alive on {host}", "" if fresh else "start a worker here"
    )


def scheduler(runtime: Runtime) -> Iterator[Finding]:
    """A scheduler leads."""
    with runtime.transaction() as session:
        leads = scheduler_lease.health(session).running
    if leads:
        yield Finding("scheduler", "ok", "one leads")
    else:
        yield Finding("scheduler", "bad", "none leads: schedules do not fire", "start the scheduler line")


def clock(runtime: Runtime) -> Iterator[Finding]:
    """Our clock agrees with the database's."""
    with runtime.transaction() as session:
        theirs = session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    skew = abs((datetime.now(UTC) - theirs).total_seconds())
    remedy = "" if skew < SKEW_SECONDS else "set the time by NTP on both machines"
    yield Finding("clock", "warning" if remedy else "ok", f"{skew:.1f} s off the database's", remedy)


def library_folders(runtime: Runtime) -> Iterator[Finding]:
    """Each library is there, readable and writable."""
    with runtime.transaction() as session:
        found = libraries.list_libraries(session)
    for each in found:
        folder = paths.on_disk(each.path)
        name = f"{paths.readable(each.name)} ({paths.readable(each.path)})"
        if not os.access(folder, os.R_OK | os.X_OK):
            remedy = "mount it, or let this user read it"
            yield Finding("libraries", "bad", f"{name} cannot be read", remedy)
        elif not os.access(folder, os.W_OK):
            remedy = "let this user write it, or nothing can be published there"
            yield Finding("libraries", "warning", f"{name} is read-only", remedy)
        else:
            yield Finding("libraries", "ok", name)
    if not found:
        yield Finding("libraries", "warning", "none", "add one with `queueapp libraries add PATH`")


def tools(runtime: Runtime) -> Iterator[Finding]:
    """The programs that operations call."""
    for program in ("ffmpeg", "ffprobe", "mkvpropedit", "mkvmerge"):
        try:
            yield Finding("tools", "ok", f"{program}: {find_program(runtime.settings, program)}")
        except errors.Permanent as missing:
            yield Finding("tools", "warning", f"{program} is missing", missing.message)


def providers(runtime: Runtime) -> Iterator[Finding]:
    """Keys for TMDB and fanart.tv are set."""
    tmdb, fanart = runtime.settings.tmdb, runtime.settings.fanarttv
    for name, key, given in (
        ("TMDB", "tmdb.api_key", tmdb.api_key or tmdb.access_token),
        ("fanart.tv", "fanarttv.api_key", fanart.api_key),
    ):
        if given:
            yield Finding("providers", "ok", f"{name} has a key")
        else:
            remedy = f"set {key} to fetch metadata and artwork"
            yield Finding("providers", "warning", f"{name} has no key: it is not asked", remedy)


def player_answers(runtime: Runtime) -> Iterator[Finding]:
    """Each player answers to our credentials."""
    with runtime.transaction() as session:
        listed = [(each.name, players.load(session, each.id)) for each in players.enabled_players(session)]
        session.expunge_all()
    for name, player in listed:
        answer = players.try_player(player)
        state = "ok" if answer.ok else "warning"
        remedy = "" if answer.ok else "check its address and credentials"
        yield Finding("players", state, f"{name}: {answer.message}", remedy)


def downloader_answers(runtime: Runtime) -> Iterator[Finding]:
    """Each downloader with an address answers to our API key."""
    with runtime.transaction() as session:
        found = downloader_contact.with_history(session)
        session.expunge_all()
    for each in found:
        answer = downloader_contact.try_downloader(each)
        remedy = "" if answer.ok else "check its address and API key"
        yield Finding(
            "downloaders", "ok" if answer.ok else "warning", f"{each.name}: {answer.message}", remedy
        )


def webhook_spool(runtime: Runtime) -> Iterator[Finding]:
    """No webhook waits on this host's disk for the database."""
    health = Spool.of(runtime.settings.data_dir).health()
    if health.damaged:
        found = f"{health.damaged} spooled webhooks cannot be read"
        yield Finding("webhooks", "warning", found, "look at webhooks/damaged in the data directory")
    if health.waiting and health.oldest_at is not None:
        since = health.oldest_at.strftime("%Y-%m-%d %H:%M:%S")
        found = f"{health.waiting} wait on the disk since {since} UTC"
        yield Finding(
            "webhooks", "warning", found, "they are taken in when the database is back and web runs"
        )
    elif not health.damaged:
        yield Finding("webhooks", "ok", "none waits on the disk")


def findings_of(runtime: Runtime, name: str) -> list[Finding]:
    """Make one check; an error in it is a finding too."""
    try:
        return list(CHECKS[name](runtime))
    except (errors.QueueAppError, sa.exc.SQLAlchemyError) as error:
        return [Finding(name, "bad", str(error).strip().splitlines()[0])]


#: In the order in which they are made; those that only health checks ask for are not made by default.
CHECKS: dict[str, Check] = {
    "database": database,
    "migrations": migrations,
    "redis": redis_server,
    "workers": workers,
    "worker-here": worker_here,
    "scheduler": scheduler,
    "clock": clock,
    "libraries": library_folders,
    "tools": tools,
    "providers": providers,
    "players": player_answers,
    "downloaders": downloader_answers,
    "webhooks": webhook_spool,
}
ON_DEMAND = frozenset({"worker-here"})
