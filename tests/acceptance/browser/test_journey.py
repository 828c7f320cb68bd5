"""One person's way through, from a folder to a task that is canceled and tried again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from queueapp.demo.video import make_video
from tests.acceptance.browser.instance import Instance
from tests.acceptance.browser.test_live import is_marked, live, mark, row


def test_a_library_is_added_its_scan_watched_an_item_and_a_task_canceled_and_retried(
    page: Page, instance: Instance, tmp_path: Path
) -> None:
    for number in range(3):
        make_video(
            tmp_path / "films" / f"Film {number} (1920)" / f"Film {number} (1920).mkv",
            cache=tmp_path / "made",
        )
    # The scan is told of while its page is open: no reload from here to its end.
    page.goto("/libraries")
    page.get_by_label("Folder", exact=True).fill(str(tmp_path / "films"))
    page.get_by_role("button", name="Add and scan").click()
    page.wait_for_url("**/tasks/*")
    mark(page)
    expect(page.locator("#task-items tbody tr").nth(3)).to_be_visible()
    expect(page.locator("#task-head")).to_contain_text("100 %")
    assert is_marked(page)

    scan = int(page.url.rpartition("/")[2])
    page.goto("/tasks")
    live(page)
    mark(page)
    row(page, scan).get_by_role("link", name="Items of Scan").click()
    expect(row(page, scan).locator(".group-name", has_text="Film 1")).to_be_visible()
    expect(row(page, scan).locator(".step", has_text="publish").first).to_be_visible()

    task = instance.enqueue(
        "sleep", *[{"seconds": 600}] * 3, title="Of three, one goes first", max_parallel=3
    )
    page.get_by_role("button", name="1 new task").click()
    expect(row(page, task)).to_contain_text("Running")
    row(page, task).get_by_role("link", name="Items of Of three").click()
    steps = row(page, task).locator(".step")
    expect(row(page, task).locator(".step.s-running")).to_have_count(3)
    assert is_marked(page)
    steps.first.click()
    page.locator("#item-head").get_by_role("button", name="Cancel").click()
    expect(page.locator("#item-head .status")).to_contain_text("Canceled")
    assert instance.task(task)["status"] == "running"

    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Of three").click()
    expect(page.locator("#task-head")).to_contain_text("1 canceled")
    page.locator("#task-head").get_by_role("button", name="Cancel").click()
    expect(page.locator("#task-head .status").first).to_contain_text("Canceled")
    expect(page.locator("#task-head")).to_contain_text("stopped after")
    page.locator("#task-head").get_by_role("button", name="Retry").click()
    expect(page.locator("#task-head .status").first).to_contain_text("Running")
    expect(page.locator("#task-items tbody .s-running")).to_have_count(3)
    instance.call("POST", f"/api/queues/{task}/cancel")
    expect(page.locator("#task-head .status").first).to_contain_text("Canceled")
