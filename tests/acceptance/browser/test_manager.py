from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance
from tests.waiting import eventually

PAGE = """<!doctype html><html lang="en"><head><title>A wall of another house</title></head>
<body><main><h1>A wall of another house</h1><p>Its own page, from another port.</p></main>{script}</body></html>"""


@pytest.fixture
def foreign_page(instance: Instance) -> Iterator[str]:
    """The address of a page of another site that has our script tag, and nothing else of ours."""
    made = instance.call("POST", "/api/widget/tokens", {"days": 1})
    script = made["script"]

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.format(script=script).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", instance.foreign_port), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{instance.foreign_port}/"
    server.shutdown()
    server.server_close()


def manager(page: Page) -> Locator:
    """The task manager of a page."""
    return page.locator("queueapp-tasks")


def open_manager(page: Page) -> Locator:
    """Open its panel."""
    manager(page).locator(".float").click()
    panel = manager(page).get_by_role("dialog", name="Tasks")
    expect(panel).to_be_visible()
    return panel


def entry(panel: Locator, group: str, title: str) -> Locator:
    """A task in a group of the panel."""
    return panel.get_by_role("list", name=f"{group} tasks").locator("> li").filter(has_text=title)


def test_a_task_goes_through_the_groups_and_leaves_when_it_is_completed(
    page: Page, instance: Instance
) -> None:
    page.goto("/workers")
    panel = open_manager(page)
    instance.enqueue("sleep", {"seconds": 1.5}, {"seconds": 0.1}, title="Passing through")
    running = entry(panel, "Running", "Passing through")
    expect(running).to_contain_text("of 2 items")
    expect(manager(page).locator(".float")).to_have_attribute("data-state", "running")
    completed = entry(panel, "Completed", "Passing through")
    expect(completed).to_contain_text("100 %")
    expect(completed).to_have_count(0)


def test_cancel_retry_and_the_items_are_at_hand(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 60}, {"seconds": 60}, title="Steered from afar")
    page.goto("/schedules")
    panel = open_manager(page)
    running = entry(panel, "Running", "Steered from afar")
    running.get_by_role("button", name="Items of Steered from afar").click()
    expect(running.locator(".step")).to_have_count(2)
    running.get_by_role("button", name="Cancel Steered from afar").click()
    ended = entry(panel, "Completed", "Steered from afar")
    expect(ended).to_contain_text("Canceled")
    ended.get_by_role("button", name="Retry Steered from afar").click()
    expect(running).to_contain_text("Running")
    instance.call("POST", f"/api/queues/{task_id}/cancel")


def test_a_failed_task_stays_until_it_is_dismissed_which_can_be_undone(
    page: Page, instance: Instance
) -> None:
    instance.enqueue("cleanup", {}, title="No harm")
    failed = instance.fail("It failed")
    page.goto("/schedules")
    panel = open_manager(page)
    row = entry(panel, "Failed", "It failed")
    expect(row.locator(".said.bad")).not_to_be_empty()
    page.reload()
    panel = open_manager(page)
    row = entry(panel, "Failed", "It failed")
    row.get_by_role("button", name="Dismiss It failed").click()
    expect(row).to_have_count(0)
    panel.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Dismiss It failed").click()
    page.goto("/tasks")
    panel = open_manager(page)
    expect(entry(panel, "Failed", "It failed")).to_have_count(0)
    instance.call("DELETE", f"/api/queues/{failed}")


def test_completed_tasks_are_cleared_together(page: Page, instance: Instance) -> None:
    page.goto("/schedules")
    panel = open_manager(page)
    instance.enqueue("noop", {}, title="Cleared away")
    expect(entry(panel, "Completed", "Cleared away")).to_have_count(1)
    panel.get_by_role("button", name="Clear all completed").click()
    expect(entry(panel, "Completed", "Cleared away")).to_have_count(0)


def test_a_notification_tells_of_the_end_once_it_was_asked_for(
    open_page: OpenPage, instance: Instance
) -> None:
    page = open_page(permissions=["notifications"])
    page.evaluate(
        """() => { globalThis.told = []; globalThis.Notification = class extends Notification {
            constructor(title, options) { super(title, options); told.push(`${title}: ${options.body}`); } } }"""
    )
    panel = open_manager(page)
    instance.enqueue("noop", {}, title="Before it was asked for")
    expect(entry(panel, "Completed", "Before it was asked for")).to_have_count(1)
    panel.get_by_role("button", name="Notify me").click()
    expect(panel.get_by_role("button", name="Notify me")).to_have_attribute("aria-pressed", "true")
    instance.enqueue("noop", {}, title="After it was asked for")
    eventually(lambda: page.evaluate("told.length") > 0, 10, what="the notification")
    assert page.evaluate("told") == ["After it was asked for: Completed"]


def test_the_button_does_not_move_for_who_wants_no_motion(open_page: OpenPage, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 60}, title="Still")
    page = open_page(reduced_motion="reduce")
    button = manager(page).locator(".float")
    expect(button).to_have_attribute("data-state", "running")
    assert button.evaluate("(node) => node.getAnimations({ subtree: true }).length") == 0
    instance.call("POST", f"/api/queues/{task_id}/cancel")


def test_it_shows_in_a_page_of_another_site_by_one_script_tag(
    chromium: Browser, instance: Instance, foreign_page: str
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(foreign_page)
    panel = open_manager(page)
    task_id = instance.enqueue("sleep", {"seconds": 60}, title="Seen from another house")
    running = entry(panel, "Running", "Seen from another house")
    expect(running).to_be_visible(timeout=5_000)
    running.get_by_role("button", name="Items of").click()
    expect(running.locator(".step")).to_have_count(1)
    expect(running.get_by_role("button", name="Cancel")).to_have_count(0)
    assert running.locator(".title").get_attribute("href") == f"{instance.url}/tasks/{task_id}"
    assert Axe().run(page).response["violations"] == []
    instance.call("POST", f"/api/queues/{task_id}/cancel")
    expect(entry(panel, "Completed", "Seen from another house")).to_contain_text("Canceled")
    assert errors == []
    context.close()
