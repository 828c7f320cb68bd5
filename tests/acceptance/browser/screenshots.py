"""`make screenshots`: takes every page of a real instance on the demo library, wide and narrow, light and dark.

Arguments name the sizes to take, by their width; without any all are taken.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.browser.conftest import CHROMIUM_OPTIONS, sign_in
from tests.acceptance.browser.instance import ROOT, Instance
from tests.waiting import eventually

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"1440": (1440, 900), "390": (390, 844)}
THEMES = ("light", "dark")
#: Enough for flat colours and smooth edges of letters; keeps the folder small.
COLOURS = 160
LATER = "2999-01-01T00:00:00Z"


def main() -> None:
    """Start an instance, give it something to show, and take each page."""
    folder = Path(tempfile.mkdtemp(prefix="queueapp-shots-"))
    folder.chmod(0o711)
    instance = Instance(folder, demo=True)
    instance.start()
    try:
        pages = furnish(instance)
        with sync_playwright() as playwright:
            program = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
            take_all(browser, instance, pages)
            browser.close()
    finally:
        instance.stop()
        shutil.rmtree(folder, ignore_errors=True)


def furnish(instance: Instance) -> dict[str, str]:
    """Give the instance tasks in every state; return the pages by the name of their picture."""
    eventually(lambda: _is_scanned(instance), 120, what="the demo library being scanned")
    instance.call(
        "POST", "/api/players", {"name": "Living room", "kind": "kodi", "url": "http://192.168.1.20:8080"}
    )
    instance.call(
        "POST", "/api/users", {"name": "anna", "password": "long enough to sign in", "role": "viewer"}
    )
    instance.call("POST", "/api/keys", {"name": "radarr", "role": "admin"})
    instance.call(
        "POST", "/api/views", {"name": "Failed scans", "query": "status=failed&type=scan", "shared": True}
    )
    failed = instance.fail("Read the streams of what was downloaded")
    for number in range(2, 4):
        instance.fail(f"Read the streams of download {number}")
    instance.enqueue("cleanup", {}, title="Delete old finished tasks", dry_run=True)
    instance.enqueue("sleep", {"seconds": 1}, title="Check the queue tonight", scheduled_for=LATER)
    canceled = instance.enqueue("sleep", *[{"seconds": 600}] * 4, title="Check of all threads")
    eventually(lambda: instance.task(canceled)["status"] == "running", 30, what="the task running")
    instance.call("POST", f"/api/queues/{canceled}/cancel")
    steps = [{"seconds": 0.2}] * 40 + [{"seconds": 3}] * 600
    running = instance.enqueue("sleep", *steps, title="Check that the queue works", max_parallel=2)
    instance.enqueue(
        "sleep", *steps, title="Check that the queue works at low priority", max_parallel=1, priority=8
    )
    eventually(lambda: instance.task(running)["completed_items"] > 30, 120, what="some items being done")
    scan = next(task for task in instance.call("GET", "/api/queues?type=scan")["tasks"])["id"]
    item = instance.task(failed)["items"][0]["id"]
    title = instance.call("GET", "/api/media?kind=movie")["media"][0]["id"]
    return {
        "overview": "/?range=1h",
        "tasks": "/tasks",
        "tasks-failed": "/tasks?status=failed",
        "task-items": f"/tasks?expand={scan}",
        "task": f"/tasks/{running}",
        "task-done": f"/tasks/{scan}",
        "item": f"/tasks/{failed}/items/{item}",
        "new-task": "/tasks/new",
        "new-scan": "/tasks/new?type=scan",
        "libraries": "/libraries",
        "media": "/media",
        "media-list": "/media?view=list",
        "title": f"/media/{title}",
        "batches": "/batches",
        "schedules": "/schedules",
        "schedule": "/schedules/1",
        "workers": "/workers",
        "settings": "/settings",
        "players": "/players",
        "users": "/settings/users",
        "keys": "/settings/keys",
        "widget": "/settings/widget",
        "audit": "/audit",
        "question": f"/tasks/{failed}/delete",
    } | further(instance)


def further(instance: Instance) -> dict[str, str]:
    """Pages of the navigation that have no name above yet."""
    return {
        name: f"/{name}"
        for name in ("webhooks", "lists", "batches", "reconciliation", "downloaders")
        if instance.has(f"/{name}")
    }


def take_all(browser: Browser, instance: Instance, pages: dict[str, str]) -> None:
    """Take each page in both sizes and themes, the task manager and the sign-in page too."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        if sys.argv[1:] and size not in sys.argv[1:]:
            continue
        for theme in THEMES:
            options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
            context = browser.new_context(base_url=instance.url, reduced_motion="reduce", **options)
            page = context.new_page()
            page.goto("/login")
            keep(page, f"login-{size}-{theme}")
            sign_in(page)
            for name, path in pages.items():
                page.goto(path)
                settle(page)
                keep(page, f"{name}-{size}-{theme}")
            page.goto("/tasks")
            page.locator("queueapp-tasks .float").click()
            page.locator("queueapp-tasks").get_by_role("list", name="Running tasks").wait_for()
            keep(page, f"task-manager-{size}-{theme}")
            page.goto("/tasks")
            page.locator("[data-pick]").nth(1).check()
            page.locator("[data-pick]").nth(2).check()
            keep(page, f"tasks-selected-{size}-{theme}")
            context.close()


def settle(page: Page) -> None:
    """Wait until the page is live and its pictures are there."""
    page.locator("[data-conn][data-state=live]:visible").wait_for()
    page.locator("queueapp-tasks .float").wait_for()


def keep(page: Page, name: str) -> None:
    """Write a picture of what the window shows, with few colours."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    small = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


def _is_scanned(instance: Instance) -> bool:
    scans = instance.call("GET", "/api/queues?type=scan")["tasks"]
    return len(scans) >= 2 and all(scan["status"] == "completed" for scan in scans)


if __name__ == "__main__":
    main()
