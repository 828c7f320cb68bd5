from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance

FIRST_LOAD_BYTES = 150_000
FRAMES = [
    "/",
    "/tasks",
    "/libraries",
    "/media",
    "/media?view=list",
    "/batches",
    "/lists",
    "/schedules",
    "/workers",
    "/players",
    "/settings",
    "/settings/users",
    "/settings/keys",
    "/settings/widget",
    "/audit",
    "/tasks/new",
    "/tasks/new?type=scan",
    "/schedules/1",
    "/nothing",
]
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture
def every_page(instance: Instance) -> list[str]:
    """The addresses of all pages, with tasks in several states on them."""
    done = instance.enqueue("noop", {}, title="Done")
    waits = instance.enqueue("sleep", {"seconds": 0}, title="Waits", scheduled_for="2999-01-01T00:00:00Z")
    item = instance.task(done)["items"][0]["id"]
    instance.call("POST", f"/api/queues/{waits}/pause")
    tasks = [f"/tasks?expand={done}", f"/tasks/{done}", f"/tasks/{waits}", f"/tasks/{done}/items/{item}"]
    return [*FRAMES, *tasks, f"/tasks/{done}/delete"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_no_violation_on_any_page(
    open_page: OpenPage, every_page: list[str], theme: Any, size: str
) -> None:
    # axe itself adds a style to pages with a shadow tree, which our policy would refuse and the fixture complain of.
    page = open_page(viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce", bypass_csp=True)
    found = {path: violations(page, path) for path in every_page}
    assert {path: names for path, names in found.items() if names} == {}


def test_axe_finds_no_violation_on_the_login_page(open_page: OpenPage) -> None:
    page = open_page()
    page.context.clear_cookies()
    assert violations(page, "/login") == []


def test_the_first_load_is_light(open_page: OpenPage, instance: Instance) -> None:
    for number in range(50):
        instance.enqueue("noop", {}, title=f"Row {number}")
    page = open_page("/workers")
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    cdp.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/tasks")
    page.wait_for_load_state("load")
    assert len(sizes) > 10
    assert sum(sizes) < FIRST_LOAD_BYTES


def violations(page: Page, path: str) -> list[str]:
    """What axe has to say against a page."""
    page.goto(path)
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]
