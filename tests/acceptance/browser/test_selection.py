from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Page, expect

from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance
from tests.acceptance.browser.test_live import live, row
from tests.waiting import eventually


def pick(page: Page, task_id: int) -> Any:
    """The box that selects a task."""
    return row(page, task_id).get_by_role("checkbox")


def test_a_selected_row_does_not_move_while_fifty_updates_arrive(page: Page, instance: Instance) -> None:
    still = instance.enqueue("noop", {}, title="Stays where it is")
    page.goto("/tasks")
    live(page)
    pick(page, still).check()
    before = row(page, still).bounding_box()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: instance.enqueue("noop", {}, title=f"Update {number}"), range(50)))
    sign = page.get_by_role("button", name="updates wait")
    expect(sign).to_be_visible()
    eventually(lambda: int(str(sign.text_content()).split()[0]) >= 50, 20, what="fifty updates waiting")
    assert row(page, still).bounding_box() == before
    assert page.locator("#tasks > li").first.get_attribute("id") == f"task-{still}"
    sign.click()
    expect(page.get_by_role("link", name="Update 42", exact=True)).to_be_visible()
    expect(sign).to_be_hidden()


def test_five_hundred_tasks_are_canceled_by_a_filter(page: Page, instance: Instance) -> None:
    soon = "2999-01-01T00:00:00Z"

    def make(number: int) -> int:
        return instance.enqueue("sleep", {"seconds": 1}, title=f"Bulk of many {number}", scheduled_for=soon)

    with ThreadPoolExecutor(8) as threads:
        tasks = list(threads.map(make, range(500)))
    done = instance.enqueue("noop", {}, title="Bulk of many, done already")
    page.goto("/tasks?q=bulk+of+many")
    expect(row(page, done)).to_contain_text("Completed")
    page.get_by_label("Select all tasks on this page").check()
    page.get_by_label("that match").check()
    page.locator("#bulk").get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel 500 of 501 tasks?")
    expect(dialog).to_contain_text("It fits 500 of them")
    late = instance.enqueue("sleep", {"seconds": 1}, title="Bulk of many, too late", scheduled_for=soon)
    dialog.get_by_role("button", name="Cancel 500 tasks").click()
    done_dialog = page.get_by_role("dialog", name="Canceled 500 of 501 tasks")
    expect(done_dialog).to_contain_text("1 refused", timeout=60_000)
    expect(done_dialog).to_contain_text(f"{done} is completed")
    done_dialog.get_by_role("button", name="Close").click()
    assert instance.task(tasks[0])["status"] == instance.task(tasks[-1])["status"] == "canceled"
    assert instance.task(late)["status"] == "queued"
    expect(page.locator("#bulk")).to_be_hidden()


def test_the_question_names_how_many_of_the_chosen_it_will_touch(
    open_page: OpenPage, instance: Instance
) -> None:
    done = instance.enqueue("noop", {}, title="Touched by nothing")
    eventually(lambda: instance.task(done)["status"] == "completed", 30, what="the task being over")
    instance.enqueue("noop", {}, title="Touched by a cancel", scheduled_for="2999-01-01T00:00:00Z")
    page = open_page("/tasks/bulk?action=cancel&all=1&q=touched+by", java_script_enabled=False)
    expect(page.locator("h1")).to_have_text("Cancel 1 of 2 tasks?")
    page.get_by_role("button", name="Cancel 1 task", exact=True).click()
    expect(page.locator("h1")).to_have_text("Canceled 1 of 2 tasks")


def test_a_range_is_selected_with_shift_and_the_box_of_the_head_tells(page: Page, instance: Instance) -> None:
    tasks = [instance.enqueue("noop", {}, title=f"Ranged {number}") for number in range(5)]
    page.goto("/tasks?q=ranged")
    pick(page, tasks[3]).click()
    pick(page, tasks[1]).click(modifiers=["Shift"])
    head = page.get_by_label("Select all tasks on this page")
    assert head.evaluate("(box) => box.indeterminate") is True
    expect(page.locator("[data-pick]:checked")).to_have_count(3)
    expect(page.locator("#bulk")).to_contain_text("3 selected")
    head.click()
    expect(page.locator("[data-pick]:checked")).to_have_count(5)
    page.keyboard.press("Escape")
    expect(page.locator("[data-pick]:checked")).to_have_count(0)


def test_deleted_tasks_come_back_by_undo(page: Page, instance: Instance) -> None:
    tasks = [instance.enqueue("noop", {}, title=f"Back again {number}") for number in range(3)]
    page.goto("/tasks?q=back+again&status=completed")
    expect(page.locator("#tasks > li")).to_have_count(3)
    page.get_by_label("Select all tasks on this page").check()
    page.locator("#bulk").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 3 tasks").click()
    expect(page.locator("#tasks > li")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#tasks > li")).to_have_count(3)
    assert instance.task(tasks[0])["status"] == "completed"


def test_a_priority_is_given_and_taken_back(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("noop", {}, title="Weighed", scheduled_for="2999-01-01T00:00:00Z", priority=5)
    page.goto(f"/tasks/{task_id}")
    page.get_by_text("Normal priority").click()
    page.get_by_role("button", name="Low", exact=True).click()
    expect(page.get_by_text("Low priority").first).to_be_visible()
    assert instance.task(task_id)["priority"] == 8
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Normal priority").first).to_be_visible()
    assert instance.task(task_id)["priority"] == 5


def test_a_view_is_saved_by_name_used_and_forgotten(page: Page, instance: Instance) -> None:
    instance.enqueue("noop", {}, title="In the view")
    page.goto("/tasks?q=in+the+view&type=noop")
    expect(page.get_by_role("link", name="Remove filter noop")).to_be_visible()
    menu = page.locator("#views")
    menu.locator("summary").click()
    menu.get_by_label("Save this filter as").fill("My noops")
    menu.get_by_label("Show it to everybody").check()
    menu.get_by_role("button", name="Save view").click()
    expect(page.locator(".toast")).to_contain_text("is saved")
    page.goto("/tasks")
    menu.locator("summary").click()
    menu.get_by_role("link", name="My noops").click()
    page.wait_for_url(re.compile("q=in[+]the[+]view"))
    expect(page.get_by_role("link", name="Remove filter noop")).to_be_visible()
    menu.locator("summary").click()
    menu.get_by_role("button", name="Forget view My noops").click()
    expect(menu.get_by_role("link", name="My noops")).to_have_count(0)


def test_failed_tasks_are_grouped_by_their_error_and_retried_together(page: Page, instance: Instance) -> None:
    for number in range(3):
        instance.fail(f"Grouped {number}")
    page.goto("/tasks?status=failed&q=grouped")
    groups = page.locator("#error-groups")
    expect(groups).to_contain_text("3 tasks")
    groups.get_by_role("link", name="Retry these 3").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry 3 tasks").click()
    expect(page.locator(".toast")).to_contain_text("Retried 3 of 3 tasks")


def test_without_javascript_many_are_canceled_by_a_form(open_page: OpenPage, instance: Instance) -> None:
    for number in range(3):
        instance.enqueue("sleep", {"seconds": 60}, title=f"Plain form {number}")
    page = open_page("/tasks?q=plain+form", java_script_enabled=False)
    page.get_by_label("that match").check()
    page.locator("#bulk").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel 3 tasks").click()
    expect(page.locator("h1")).to_have_text("Canceled 3 of 3 tasks")
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#tasks > li").first).to_contain_text("Cancel")
