"""What stands beside a large ledger when its pages are measured: titles, webhooks, an audit log, settings."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.models.downloader import Downloader, DownloaderKind
from queueapp.models.library import Library, LibraryKind
from queueapp.models.player import Player, PlayerKind
from queueapp.models.schedule import Schedule
from queueapp.models.task import Task
from queueapp.models.tmdb_list import TmdbList
from queueapp.models.tmdb_user import TmdbUser, TmdbUserKind, TmdbUserStatus
from queueapp.services import api_keys, users

NAME, PASSWORD = "bench", "only for this run"
BATCH = {
    "path": "/media/films", "real_path": "/media/films", "recursive": True, "pattern": None, "dry_run": True,
    "priority": "normal", "operation": "audio", "filters": {},
}  # fmt: skip
TITLES, WEBHOOKS, AUDITED = 10_000, 20_000, 100_000
ROWS = (
    """INSERT INTO media (library_id, kind, title, year, parsed_title, parsed_year, key, unit, folder, main_path)
       SELECT :library, 'movie', 'Film ' || n, 1900 + n % 125, 'Film ' || n, 1900 + n % 125, 'film ' || n,
              'Film ' || n, '/media/films/Film ' || n, '/media/films/Film ' || n || '/film.mkv'
       FROM generate_series(1, :titles) n""",
    """INSERT INTO webhooks (receipt, source, downloader_id, origin, event, title, body, outcome, received_at)
       SELECT gen_random_uuid(), 'Radarr', :downloader, 'http', 'Download', 'Film ' || n,
              '{"eventType": "Download"}', 'recorded', now() - n * interval '1 minute'
       FROM generate_series(1, :webhooks) n""",
    """INSERT INTO audit_log (who, action, target, at)
       SELECT 'admin', 'queues.cancel', '/api/queues/' || n || '/cancel', now() - n * interval '1 minute'
       FROM generate_series(1, :audited) n""",
)
#: The newest row of each kind, by the variable of the addresses that show it.
NEWEST = {
    "media_id": "SELECT max(id) FROM media",
    "library_id": "SELECT max(id) FROM libraries",
    "schedule_id": "SELECT max(id) FROM schedules",
    "downloader_id": "SELECT max(id) FROM downloaders",
    "player_id": "SELECT max(id) FROM players",
    "batch_id": "SELECT max(id) FROM queue_tasks WHERE type = 'batch' AND meta ? 'batch'",
    "key_id": "SELECT max(id) FROM api_keys",
    "user_id": "SELECT max(id) FROM tmdb_users",
    "list_id": "SELECT max(id) FROM tmdb_lists",
    "webhook_id": "SELECT max(id) FROM webhooks",
    "task_id": "SELECT task_id FROM queue_items WHERE status = 'failed' ORDER BY id DESC LIMIT 1",
    "item_id": "SELECT id FROM queue_items WHERE status = 'failed' ORDER BY id DESC LIMIT 1",
}


def add(session: Session) -> None:
    """Add the rows, and a person NAME with PASSWORD who may see all pages."""
    users.add_user(session, NAME, PASSWORD, "admin")
    api_keys.create_key(session, "radarr", "admin")
    library = Library(name="Films", path="/media/films", kind=LibraryKind.MOVIES)
    downloader = Downloader(name="Radarr", kind=DownloaderKind.RADARR, webhook_key="none")
    person = TmdbUser(
        name="Anna",
        kind=TmdbUserKind.V4,
        status=TmdbUserStatus.CONNECTED,
        account_id="1",
        access_token="none",
    )
    player = Player(name="Living room", kind=PlayerKind.KODI, url="http://192.168.1.20:8080")
    schedule = Schedule(
        name="bench", title="Cleanup", operation="cleanup", interval_seconds=86400, enabled=False
    )
    session.add_all([library, downloader, person, player, schedule])
    session.flush()
    session.add(_finished_batch())
    session.add(TmdbList(user_id=person.id, tmdb_list_id=1, name="To watch", item_count=3))
    sizes = {"titles": TITLES, "webhooks": WEBHOOKS, "audited": AUDITED}
    for statement in ROWS:
        session.execute(sa.text(statement), {"library": library.id, "downloader": downloader.id, **sizes})


def _finished_batch() -> Task:
    now = sa.func.now()
    return Task(
        type="batch", title="Batch of /media/films", status="completed", priority=5, created_by="admin",
        started_at=now, finished_at=now, total_items=0, meta={"batch": BATCH},
    )  # fmt: skip


def analyze(session: Session) -> None:
    """Gather statistics of what was added, so that plans are good at once."""
    for table in ("media", "webhooks", "audit_log"):
        session.execute(sa.text(f"ANALYZE {table}"))


def values(session: Session) -> dict[str, str]:
    """A value for each variable of the pages' addresses."""
    found = {name: str(session.scalar(sa.text(query))) for name, query in NEWEST.items()}
    return found | {"name": NAME, "kind": "csv"}
