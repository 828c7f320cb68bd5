from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance
from tests.proxy import Proxy
from tests.waiting import eventually


def row(page: Page, task_id: int) -> Locator:
    """A task's row in the list."""
    return page.locator(f"#task-{task_id}")


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.seenBefore = true")


def is_marked(page: Page) -> bool:
    """Whether the page has not been loaded anew since."""
    return bool(page.evaluate("window.seenBefore === true"))


def live(page: Page) -> None:
    """Wait until the page listens."""
    expect(page.locator("[data-conn]:visible")).to_have_text("Live")


def has_streams(instance: Instance, count: int) -> None:
    """Wait until the server has so many event streams open; it notices that one is gone when it writes to it."""

    def poked() -> int:
        instance.enqueue("noop", {}, title="Writes to every stream")
        return instance.sse_clients()

    eventually(lambda: poked() == count, 20, what=f"{count} event streams")


def test_a_task_appears_and_completes_without_a_reload(page: Page, instance: Instance) -> None:
    page.goto("/tasks")
    live(page)
    mark(page)
    task_id = instance.enqueue("sleep", *[{"seconds": 0.3}] * 6, title="Six short sleeps", max_parallel=2)
    expect(row(page, task_id)).to_contain_text("Six short sleeps")
    expect(row(page, task_id)).to_contain_text("Completed")
    expect(row(page, task_id)).to_contain_text("6 of 6")
    assert is_marked(page)


def test_cancel_by_click_stops_the_task_and_says_so(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 60}, title="A long sleep")
    page.goto("/tasks")
    expect(row(page, task_id)).to_contain_text("Running")
    mark(page)
    row(page, task_id).get_by_role("button", name=f"Cancel task {task_id}").click()
    expect(row(page, task_id)).to_contain_text("Canceled")
    expect(row(page, task_id)).to_contain_text("stopped after")
    expect(page.locator(".toast")).to_contain_text("Canceling: A long sleep")
    assert is_marked(page)
    assert instance.task(task_id)["status"] == "canceled"


def test_items_unfold_below_their_row_and_stay_open_while_it_changes(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", *[{"seconds": 0.5}] * 8, title="Unfolded", max_parallel=1)
    page.goto("/tasks")
    row(page, task_id).get_by_role("link", name="Items of Unfolded").click()
    steps = row(page, task_id).locator(".step")
    expect(steps).to_have_count(8)
    expect(row(page, task_id).locator(".step.s-completed")).to_have_count(8)
    expect(row(page, task_id)).to_contain_text("8 of 8")
    row(page, task_id).get_by_role("link", name="Items of Unfolded").click()
    expect(steps).to_have_count(0)


def test_focus_scroll_and_selection_stay_while_rows_change(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", *[{"seconds": 0.3}] * 8, title="Focused row", max_parallel=1)
    page.goto("/tasks")
    live(page)
    page.set_viewport_size({"width": 1440, "height": 300})
    page.evaluate("scrollTo(0, 40)")
    link = row(page, task_id).get_by_role("link", name="Focused row", exact=True)
    link.focus()
    scrolled = page.evaluate("scrollY")
    expect(row(page, task_id)).to_contain_text("8 of 8")
    expect(row(page, task_id)).to_contain_text("Completed")
    expect(link).to_be_focused()
    assert page.evaluate("scrollY") == scrolled


def test_rows_do_not_come_under_the_pointer_until_asked_for(page: Page, instance: Instance) -> None:
    first = instance.enqueue("noop", {}, title="Under the pointer")
    page.goto("/tasks")
    live(page)
    row(page, first).hover()
    second = instance.enqueue("noop", {}, title="Comes later")
    sign = page.get_by_role("button", name="1 new task")
    expect(sign).to_be_visible()
    assert row(page, second).count() == 0
    sign.click()
    expect(row(page, second)).to_be_visible()


def test_a_lost_connection_is_shown_and_made_up_for(
    open_page: OpenPage, instance: Instance, proxy: Proxy
) -> None:
    page = open_page(
        "/tasks", base_url=f"http://127.0.0.1:{proxy.port}", viewport={"width": 1440, "height": 900}
    )
    live(page)
    proxy.cut()
    expect(page.locator("[data-conn]:visible")).to_have_text("Reconnecting…")
    missed = instance.enqueue("noop", {}, title="Missed while away")
    proxy.heal()
    expect(row(page, missed)).to_be_visible(timeout=20_000)
    live(page)


def test_a_reload_in_the_middle_shows_the_task_as_it_is(page: Page, instance: Instance) -> None:
    steps = [{"seconds": 0.2}, {"seconds": 0.2}, {"seconds": 600}]
    task_id = instance.enqueue("sleep", *steps, title="Reloaded midway", max_parallel=1)
    page.goto(f"/tasks/{task_id}")
    expect(page.locator("#task-items tbody .s-completed")).to_have_count(2)
    page.reload()
    expect(page.locator("#task-head")).to_contain_text("Running")
    expect(page.locator("#task-items tbody .s-completed")).to_have_count(2)
    instance.call("POST", f"/api/queues/{task_id}/cancel")
    expect(page.locator("#task-head")).to_contain_text("Canceled")


def test_an_item_page_shows_its_log_as_it_is_written(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 1.5}, title="Logged")
    item_id = instance.task(task_id)["items"][0]["id"]
    page.goto(f"/tasks/{task_id}/items/{item_id}")
    mark(page)
    expect(page.locator("#item-head")).to_contain_text("Completed")
    assert is_marked(page)


def test_a_task_page_follows_its_task_to_the_end(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", *[{"seconds": 0.4}] * 5, title="Followed", max_parallel=1)
    page.goto(f"/tasks/{task_id}")
    mark(page)
    expect(page.locator("#task-head")).to_contain_text("100 %")
    expect(page.locator("#task-items tbody .s-completed")).to_have_count(5)
    expect(page.locator("#task-times")).to_contain_text("Completed")
    assert is_marked(page)


def test_two_tabs_share_one_event_stream_and_see_the_same_task_end(
    open_page: OpenPage, instance: Instance
) -> None:
    one = open_page("/tasks")
    live(one)
    other: Any = one.context.new_page()
    other.goto("/")
    live(other)
    third: Any = one.context.new_page()
    third.goto("/workers")
    live(third)
    has_streams(instance, 1)
    task_id = instance.enqueue("sleep", {"seconds": 0.5}, title="In both tabs")
    expect(row(one, task_id)).to_contain_text("Completed")
    expect(other.locator("#dash-finished")).to_contain_text("In both tabs")
    one.close()
    third.close()
    again = instance.enqueue("noop", {}, title="In the tab that is left")
    expect(other.locator("#dash-finished")).to_contain_text("In the tab that is left")
    assert instance.task(again)["status"] == "completed"


def test_where_workers_cannot_be_shared_the_tabs_follow_a_leader(
    open_page: OpenPage, instance: Instance
) -> None:
    one = open_page("/docs")
    one.context.add_init_script("delete globalThis.SharedWorker")
    one.goto("/tasks")
    live(one)
    other: Any = one.context.new_page()
    other.goto("/tasks")
    live(other)
    has_streams(instance, 1)
    task_id = instance.enqueue("sleep", {"seconds": 0.3}, title="Told by the leader")
    expect(row(other, task_id)).to_contain_text("Completed")
    one.close()
    after = instance.enqueue("sleep", {"seconds": 0.3}, title="Told by the next leader")
    expect(row(other, after)).to_contain_text("Completed")
