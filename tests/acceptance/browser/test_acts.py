from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from queueapp.demo.video import Audio, make_video
from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance


def test_adding_a_folder_leads_to_its_scan_and_fills_the_media_page(page: Page, tmp_path: Path) -> None:
    make_video(tmp_path / "Häxan (1922)" / "Häxan (1922).mkv", 1, (Audio("ger", "Deutsch"),))
    page.goto("/libraries")
    page.get_by_label("Folder", exact=True).fill(str(tmp_path))
    page.get_by_role("button", name="Add and scan").click()
    page.wait_for_url("**/tasks/*")
    expect(page.locator("#task-head")).to_contain_text("100 %", timeout=60_000)
    expect(page.locator("#task-head .status")).to_contain_text("Completed")
    page.goto("/media")
    page.get_by_role("link", name="Häxan").click()
    expect(page.locator("#streams")).to_contain_text("Video")
    expect(page.locator("#nfo")).to_contain_text("<title>Häxan</title>")
    page.get_by_role("link", name="Libraries", exact=True).first.click()
    expect(page.locator("#libraries")).to_contain_text("scanned")


def test_a_folder_that_cannot_be_a_library_is_refused_beside_its_field(page: Page) -> None:
    page.goto("/libraries")
    page.get_by_label("Folder", exact=True).fill("/no/such/folder")
    page.get_by_role("button", name="Add and scan").click()
    field = page.get_by_label("Folder", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("/no/such/folder")
    expect(page.locator("#field-path-note")).to_contain_text("no folder /no/such/folder")


def test_deleting_asks_in_a_dialog_that_escape_closes(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("noop", {}, {}, title="To be deleted")
    page.goto("/tasks")
    row = page.locator(f"#task-{task_id}")
    expect(row).to_contain_text("Completed")
    button = row.get_by_role("link", name=f"Delete task {task_id}")
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("goes with its 2 items")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("button", name="Delete task").click()
    expect(row).to_have_count(0)
    expect(page.locator(".toast")).to_contain_text(f"Task {task_id} is deleted")


def test_the_keyboard_alone_finds_cancels_and_retries_a_task(page: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 60}, title="By keyboard")
    page.goto("/tasks")
    row = page.locator(f"#task-{task_id}")
    expect(row).to_contain_text("Running")
    page.keyboard.press("j")
    expect(row.get_by_role("link", name="By keyboard", exact=True)).to_be_focused()
    page.keyboard.press("c")
    expect(row).to_contain_text("Canceled")
    expect(row).to_contain_text("stopped after")
    page.keyboard.press("r")
    expect(row).to_contain_text("Running")
    page.keyboard.press("c")
    expect(row).to_contain_text("Canceled")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{task_id}")


def test_searching_filters_while_typing_and_keeps_it_in_the_address(page: Page, instance: Instance) -> None:
    wanted = instance.enqueue("noop", {}, title="Needle in the list")
    other = instance.enqueue("noop", {}, title="Just hay")
    page.goto("/tasks")
    page.keyboard.press("/")
    page.keyboard.type("need")
    expect(page.locator(f"#task-{other}")).to_have_count(0)
    expect(page.locator(f"#task-{wanted}")).to_be_visible()
    assert page.url.endswith("/tasks?q=need")
    page.reload()
    expect(page.get_by_label("Search task titles")).to_have_value("need")


def test_the_theme_is_switched_at_once_and_stays(page: Page) -> None:
    page.get_by_role("button", name="Theme: Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto("/workers")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme: Light").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_without_javascript_a_task_is_seen_expanded_and_canceled(
    open_page: OpenPage, instance: Instance
) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 60}, title="No script here")
    page = open_page("/tasks", java_script_enabled=False)
    row = page.locator(f"#task-{task_id}")
    row.get_by_role("link", name="Items of No script here").click()
    expect(row.locator(".step")).to_have_count(1)
    row.get_by_role("button", name=f"Cancel task {task_id}").click()
    expect(page.locator(".toast")).to_contain_text("Canceling")
    page.goto(f"/tasks/{task_id}")
    expect(page.locator("#task-head")).to_contain_text("Cancel")


def test_on_a_phone_nothing_is_wider_than_the_screen(open_page: OpenPage, instance: Instance) -> None:
    task_id = instance.enqueue(
        "noop", {}, title="A title that is long, and then goes on for a good while longer"
    )
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    for path in (
        "/",
        "/tasks",
        f"/tasks/{task_id}",
        "/libraries",
        "/media",
        "/schedules",
        "/workers",
        "/players",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
