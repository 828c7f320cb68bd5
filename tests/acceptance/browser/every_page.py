"""Every page there is: an instance with something on each, their addresses, and which of the URL map are missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from queueapp import bootstrap
from queueapp.config import Settings
from queueapp.demo.video import Audio, make_video
from tests import arr_payloads as arr
from tests.acceptance.browser.instance import Instance
from tests.servers.tmdb_lists import TmdbListsServer
from tests.waiting import eventually
from webui.app import close_app, create_app

LATER = "2999-01-01T00:00:00Z"
#: What pages fetch for themselves; nobody looks at them alone.
PARTS = {
    "pages.tasks.rows", "pages.tasks.panel", "pages.tasks.log", "pages.tasks.export", "pages.items.log",
    "pages.media.picture", "pages.media.small", "pages.media.offered", "pages.embed.static",
}  # fmt: skip
#: Addresses without a number in them.
PLAIN = {
    "overview": "/", "tasks": "/tasks", "tasks-failed": "/tasks?status=failed", "new-task": "/tasks/new",
    "new-scan": "/tasks/new?type=scan", "new-audio": "/tasks/new?type=audio",
    "question-many": "/tasks/bulk?action=cancel&all=1", "libraries": "/libraries", "media": "/media",
    "media-list": "/media?view=list", "batches": "/batches", "lists": "/lists", "schedules": "/schedules",
    "webhooks": "/webhooks", "workers": "/workers", "reconciliation": "/reconciliation", "settings": "/settings",
    "question-reset": "/settings/phases/reset", "players": "/players", "downloaders": "/settings/downloaders",
    "users": "/settings/users", "question-user": "/settings/users/anna/remove", "keys": "/settings/keys",
    "widget": "/settings/widget", "question-void": "/settings/widget/void", "audit": "/audit",
    "not-found": "/nothing", "no-such-task": "/tasks/999999999", "login": "/login",
}  # fmt: skip


def furnish(
    instance: Instance, lists: TmdbListsServer, folder: Path, film: str = "Nosferatu (1922)"
) -> dict[str, str]:
    """Put something on each page; return their addresses by name. `folder` must lie where libraries may."""
    # The library first: its scan would tell the player, which is not there.
    settings: dict[str, Any] = {"library_id": _library(instance, folder, film)}
    settings |= _settings(instance)
    settings["list_id"], settings["person_id"] = _list(instance, lists)
    shown = _titles(instance)
    shown["question-revert"] = (
        f"/tasks/{instance.call('GET', '/api/queues?type=scan')['tasks'][0]['id']}/revert"
    )
    batch = instance.call("POST", "/batch", {"path": str(folder), "dry_run": True})["job_id"]
    settings["webhook_id"] = _webhook(instance)
    tasks = _tasks(instance)
    return {
        **PLAIN, **_of_tasks(instance, **tasks), **_of_settings(**settings), **shown,
        "batch": f"/batches/{batch.removeprefix('job_')}",
    }  # fmt: skip


def missing(addresses: Iterable[str]) -> set[str]:
    """The pages of the URL map that none of these addresses leads to."""
    away = {"database_url": "postgresql://nobody@/nothing?host=/nowhere", "redis_url": "unix:///nowhere"}
    runtime = bootstrap.runtime(Settings.model_validate(away))
    app = create_app(runtime)
    try:
        adapter = app.url_map.bind("localhost")
        known = {adapter.match(urlsplit(one).path)[0] for one in addresses if not one.startswith("/nothing")}
        pages = {
            rule.endpoint for rule in app.url_map.iter_rules()
            if rule.endpoint.startswith("pages.") and "GET" in (rule.methods or ())
        }  # fmt: skip
        return pages - PARTS - known
    finally:
        close_app(app)
        runtime.close()


def _settings(instance: Instance) -> dict[str, Any]:
    player = {"name": "Living room", "kind": "kodi", "url": "http://192.168.1.20:8080"}
    mapping = {"theirs": "/movies", "ours": "/media/films"}
    radarr = {
        "name": "Radarr 4K",
        "kind": "radarr",
        "path_mappings": [mapping],
        "base_url": "http://192.168.1.9:7878",
    }
    person = {"name": "anna", "password": "long enough to sign in", "role": "viewer"}
    view = {"name": "Failed scans", "query": "status=failed&type=scan", "shared": True}
    instance.call("POST", "/api/users", person)
    instance.call("POST", "/api/views", view)
    return {
        "player_id": instance.call("POST", "/api/players", player)["id"],
        "downloader_id": instance.call("POST", "/api/downloaders", radarr)["id"],
        "key_id": instance.call("POST", "/api/keys", {"name": "sonarr", "role": "admin"})["id"],
    }


def _list(instance: Instance, lists: TmdbListsServer) -> tuple[int, int]:
    begun = instance.call("POST", "/api/lists/users", {"kind": "v4", "name": "Anna"})
    lists.approve(begun["approve_url"].rpartition("=")[2])
    person = instance.call("POST", f"/api/lists/users/{begun['id']}/complete")["id"]
    made = instance.call("POST", "/api/lists", {"tmdb_user_id": person, "name": "Silent films to see"})
    where = f"/api/lists/{made['id']}/items"
    for movie in (653, 19, 775):
        instance.call("POST", where, {"tmdb_user_id": person, "movie_id": movie})
    return made["id"], person


def _library(instance: Instance, folder: Path, film: str) -> int:
    make_video(folder / film / f"{film}.mkv", 1, (Audio("ger", "Deutsch"), Audio("eng", "English")))
    made = instance.call("POST", "/api/libraries", {"name": "Archive", "path": str(folder), "kind": "movies"})
    scan = made["task_id"]
    eventually(lambda: instance.task(scan)["status"] == "completed", 60, what="the scan being over")
    return int(made["library"]["id"])


def _titles(instance: Instance) -> dict[str, str]:
    """The pages of one title of each kind that there is."""
    titles = {kind: instance.call("GET", f"/api/media?kind={kind}")["media"] for kind in ("movie", "show")}
    return {
        name: f"/media/{titles[kind][0]['id']}"
        for name, kind in (("title", "movie"), ("series", "show"))
        if titles[kind]
    } | {name: f"/media/{titles['movie'][0]['id']}/{name}" for name in ("rename", "artwork")}


def _webhook(instance: Instance) -> int:
    grab = arr.radarr("Grab", movie=arr.movie(), release={"releaseTitle": "Nosferatu.1922.1080p"})
    instance.call("POST", "/webhooks/radarr", grab)
    return int(instance.call("GET", "/api/webhooks")["webhooks"][0]["id"])


def _tasks(instance: Instance) -> dict[str, int]:
    done = instance.enqueue("noop", {}, {}, title="Check the queue")
    waits = instance.enqueue("sleep", {"seconds": 0}, title="Check the queue tonight", scheduled_for=LATER)
    instance.call("POST", f"/api/queues/{waits}/pause")
    failed = instance.fail("Read the streams of what was downloaded")
    instance.fail("Read the streams of another download")
    eventually(lambda: instance.task(done)["status"] == "completed", 30, what="the task being over")
    return {"done": done, "waits": waits, "failed": failed}


def _of_tasks(instance: Instance, done: int, waits: int, failed: int) -> dict[str, str]:
    item = instance.task(failed)["items"][0]["id"]
    return {
        "task-items": f"/tasks?expand={done}",
        "task": f"/tasks/{waits}",
        "task-done": f"/tasks/{done}",
        "task-failed": f"/tasks/{failed}",
        "item": f"/tasks/{failed}/items/{item}",
        "question": f"/tasks/{failed}/delete",
        "question-retry": f"/tasks/{done}/retry_all",
    }


def _of_settings(**ids: Any) -> dict[str, str]:
    return {
        "player": f"/players/{ids['player_id']}",
        "question-player": f"/players/{ids['player_id']}/remove",
        "downloader": f"/settings/downloaders/{ids['downloader_id']}",
        "question-downloader": f"/settings/downloaders/{ids['downloader_id']}/remove",
        "question-key": f"/settings/keys/{ids['key_id']}/revoke",
        "list": f"/lists/{ids['list_id']}",
        "question-clear": f"/lists/{ids['list_id']}/clear",
        "question-list": f"/lists/{ids['list_id']}/delete",
        "question-person": f"/lists/people/{ids['person_id']}/remove",
        "question-library": f"/libraries/{ids['library_id']}/remove",
        "schedule": "/schedules/1",
        "webhook": f"/webhooks/received/{ids['webhook_id']}",
    }
