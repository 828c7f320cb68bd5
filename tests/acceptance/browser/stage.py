"""What `make screenshots` shows: a household's films and series, a week of work, and something of every kind."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from queueapp import db, embedded
from queueapp.config import Settings
from queueapp.demo import make_demo
from tests import arr_payloads as arr
from tests.acceptance.browser import every_page
from tests.acceptance.browser.instance import Instance
from tests.acceptance.browser.stand_ins import Titles, Tmdb
from tests.servers import tmdb
from tests.waiting import eventually

#: Drawn for this, by the ids of TMDB: the films are in the public domain, their real posters need not be.
POSTERS = Path(__file__).parent / "posters"
SERIES = (2352, "The Adventures of Robin Hood", 1955)
#: The film that is offered many pictures, by its id at TMDB, and its name as a logo.
MANY_PICTURES = 19
LOGO = """<svg width="500" height="160" viewBox="0 0 500 160" xmlns="http://www.w3.org/2000/svg">
<text x="250" y="105" text-anchor="middle" font-family="Liberation Sans, Arial, sans-serif" font-weight="700"
font-size="68" letter-spacing="3" fill="#f3e3b0">METROPOLIS</text></svg>"""
#: What a week brings: titles of tasks, and how many items such a task has.
WEEK = (("Scan Films", 40), ("Scan Series", 60), ("Import The General (1926)", 4), ("Refresh stale metadata", 25),
        ("Verify what stands beside the titles", 30), ("Import Metropolis (1927)", 4))  # fmt: skip
TASKS_OF_A_WEEK = 90


def know_titles(server: Titles, browser: Browser) -> None:
    """Teach the stand-in the titles of the demo, with posters that Chromium draws."""
    for film in json.loads((POSTERS / "films.json").read_text(encoding="utf-8")):
        tmdb_id = film["id"]
        server.movies[tmdb_id] = tmdb.movie(
            tmdb_id, film["title"], film["year"], overview=film["plot"], genres=[{"id": 1, "name": film["genre"]}],
            credits={"cast": [], "crew": [{"name": film["director"], "job": "Director"}]},
        )  # fmt: skip
        server.movies[tmdb_id]["images"] |= {"backdrops": [], "logos": []}
    series, name, year = SERIES
    plot = "An outlaw of Sherwood Forest takes from the rich what they took from the poor."
    server.shows[series] = tmdb.show(series, name, year, overview=plot)
    server.seasons[series, 1] = tmdb.season(series, 1, 4, year)
    for episode in server.seasons[series, 1]["episodes"]:
        episode["still_path"] = None
    server.seasons[series, 1]["poster_path"] = f"/s{series}.jpg"
    page = browser.new_page(viewport={"width": 600, "height": 900})
    for drawing in POSTERS.glob("*.svg"):
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing.read_text()}")
        picture = page.screenshot(type="jpeg", quality=88)
        for file in ("p{}.jpg", "p{}-en.jpg", "p{}-de.jpg", "s{}.jpg"):
            server.drawn[file.format(drawing.stem)] = picture
    _offer_artwork(server, page)
    page.close()


def _offer_artwork(server: Titles, page: Page) -> None:
    """Offer many pictures for one film: its drawing in other colours, upright and across, and its name as a logo."""
    drawing = (POSTERS / f"{MANY_PICTURES}.svg").read_text()
    drawing = drawing.replace("<svg ", '<svg preserveAspectRatio="xMidYMid slice" ', 1)
    hues = range(0, 360, 18)
    offered = server.movies[MANY_PICTURES]["images"]
    for kind, (width, height), (of_width, of_height) in (
        ("posters", (600, 900), (2000, 3000)),
        ("backdrops", (960, 540), (3840, 2160)),
    ):
        offered[kind] = []
        for place, hue in enumerate(hues):
            style = (
                f"body {{ margin: 0 }} svg {{ width: 100vw; height: 100vh; filter: hue-rotate({hue}deg) }}"
            )
            page.set_viewport_size({"width": width, "height": height})
            page.set_content(f"<style>{style}</style>{drawing}")
            name = f"/{kind}{MANY_PICTURES}-{hue}.jpg"
            server.drawn[name[1:]] = page.screenshot(type="jpeg", quality=88)
            half = 1 + place % 2
            language = ("en", "de", None)[place % 3] if kind == "posters" else None
            offered[kind].append(_offered(name, language, (of_width // half, of_height // half), place))
    words = f"<style>body {{ margin: 0; background: none }}</style>{LOGO}"
    page.set_viewport_size({"width": 500, "height": 160})
    page.set_content(words)
    name = f"/logo{MANY_PICTURES}.png"
    server.drawn[name[1:]] = page.screenshot(omit_background=True)
    offered["logos"] = [_offered(name, "en", (1000, 320), 2)]


def _offered(path: str, language: str | None, size: tuple[int, int], place: int) -> dict[str, Any]:
    width, height = size
    votes = {"vote_count": 40 - place, "vote_average": round(5.8 - place / 9, 3)}
    return {"file_path": path, "iso_639_1": language, "width": width, "height": height, **votes}


def set_up(instance: Instance, server: Tmdb, media: Path) -> dict[str, str]:
    """Bring in the libraries below `media` and a week of work; return the pages by the name of their picture."""
    _week(instance)
    for library in make_demo(media):
        name = "Series" if library.kind == "tv" else "Films"
        about = {"name": name, "path": str(library.path), "kind": library.kind}
        is_over(instance, instance.call("POST", "/api/libraries", about)["task_id"])
    _webhooks(instance, media)
    pages = every_page.furnish(instance, server.lists, media / "archive", "Faust (1926)")
    task = _running(instance)
    show = instance.call("GET", "/api/media?kind=show")["media"][0]["id"]
    film = next(
        one["id"] for one in instance.call("GET", "/api/media?kind=movie")["media"] if one["year"] == 1927
    )
    scan = next(one["id"] for one in instance.call("GET", "/api/queues?type=scan&q=films")["tasks"])
    return pages | {
        "overview": "/?range=24h", "task-running": f"/tasks/{task}", "series": f"/media/{show}",
        "title": f"/media/{film}", "artwork": f"/media/{film}/artwork",
        "task-done": f"/tasks/{scan}", "task-items": f"/tasks?type=scan&expand={scan}",
    }  # fmt: skip


def is_over(instance: Instance, task_id: int) -> None:
    """Wait until a task has completed."""
    eventually(
        lambda: instance.task(task_id)["status"] == "completed", 120, what=f"task {task_id} being over"
    )


def _week(instance: Instance) -> None:
    """Real tasks of a real worker, whose times are then moved into the week before."""
    chance = random.Random(1)
    made = []
    for number in range(TASKS_OF_A_WEEK):
        title, items = WEEK[number % len(WEEK)]
        made.append(instance.enqueue("noop", *[{}] * chance.randint(items // 3, items), title=title))
    made += [instance.fail(f"Read the streams of download {number}") for number in range(4)]
    eventually(
        lambda: instance.task(made[TASKS_OF_A_WEEK - 1])["status"] == "completed", 60, what="the week's work"
    )
    running = embedded.running_urls(Settings(data_dir=instance.data_dir))
    with db.connect(running.database_url or "") as connection:
        for task_id in made:
            # Half of it within the last day, so that both ranges of the charts have something.
            seconds = (
                chance.randint(1800, 86_000) if chance.random() < 0.5 else chance.randint(86_000, 600_000)
            )
            for statement in MOVED:
                connection.execute(statement, {"task": task_id, "by": f"{seconds} seconds"})


MOVED = (
    """UPDATE queue_tasks SET created_at = created_at - %(by)s::interval, started_at = started_at - %(by)s::interval,
       finished_at = finished_at - %(by)s::interval, updated_at = updated_at - %(by)s::interval WHERE id = %(task)s""",
    """UPDATE queue_items SET created_at = created_at - %(by)s::interval, started_at = started_at - %(by)s::interval,
       finished_at = finished_at - %(by)s::interval WHERE task_id = %(task)s""",
)


def _webhooks(instance: Instance, media: Path) -> None:
    mapping = {"theirs": "/movies", "ours": str(media / "films")}
    for kind, port in (("radarr", 7878), ("sonarr", 8989)):
        about = {"name": kind.capitalize(), "kind": kind, "base_url": f"http://192.168.1.9:{port}"}
        instance.call("POST", "/api/downloaders", about | {"path_mappings": [mapping]})
    folder = "/movies/The General (1926)"
    about = arr.movie(folder, "The General", 1926, tmdbId=961)
    faust = arr.movie("/films/Faust (1926)", "Faust", 1926, id=43, tmdbId=10728)
    told: list[tuple[str, Any]] = [
        ("radarr", arr.radarr("Test", movie=about)),
        (
            "sonarr",
            arr.sonarr("Health", level="warning", message="Indexers are unavailable", type="IndexerCheck"),
        ),
        (
            "radarr",
            arr.radarr("Grab", movie=about, release={"releaseTitle": "The.General.1926.1080p.BluRay"}),
        ),
        ("radarr", arr.film_import(f"{folder}/The General (1926).mkv", about)),
        ("sonarr", arr.sonarr("SomethingNew")),
        ("radarr", arr.film_import("/films/Faust (1926)/Faust (1926).mkv", faust)),
    ]
    for sender, payload in told:
        instance.call("POST", f"/webhooks/{sender}", payload)
    eventually(lambda: not _active(instance), 60, what="the import being over")


def _active(instance: Instance) -> int:
    ongoing = instance.call("GET", "/api/queues/ongoing")
    return int(ongoing["running"] + ongoing["queued"])


def _running(instance: Instance) -> int:
    """Tasks that go on while the pictures are taken, one that waits, one that was canceled."""
    instance.enqueue("cleanup", {}, title="Delete old finished tasks", dry_run=True)
    canceled = instance.enqueue("sleep", *[{"seconds": 600}] * 4, title="Check of all threads")
    eventually(lambda: instance.task(canceled)["status"] == "running", 30, what="the task running")
    instance.call("POST", f"/api/queues/{canceled}/cancel")
    steps = [{"seconds": 0.2}] * 150 + [{"seconds": 6}] * 100
    instance.enqueue(
        "sleep", *steps, title="Check that the queue works at low priority", max_parallel=1, priority=8
    )
    running = instance.enqueue("sleep", *steps, title="Check that the queue works", max_parallel=2)
    eventually(lambda: instance.task(running)["completed_items"] > 145, 120, what="some items being done")
    return running
