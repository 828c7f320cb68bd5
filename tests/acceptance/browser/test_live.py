from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance


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


def test_a_lost_connection_is_shown_and_made_up_for(page: Page, instance: Instance) -> None:
    page.goto("/tasks")
    live(page)
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    missed = instance.enqueue("noop", {}, title="Missed while away")
    page.context.set_offline(False)
    expect(row(page, missed)).to_be_visible()
    live(page)


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


def test_two_tabs_see_the_same_task_end(open_page: OpenPage, instance: Instance) -> None:
    one = open_page("/tasks")
    other: Any = one.context.new_page()
    other.goto("/")
    task_id = instance.enqueue("sleep", {"seconds": 0.5}, title="In both tabs")
    expect(row(one, task_id)).to_contain_text("Completed")
    expect(other.locator("#dash-finished")).to_contain_text("In both tabs")
