from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.browser.conftest import OpenPage
from tests.acceptance.browser.instance import Instance
from tests.acceptance.browser.test_live import row

WIDTH = 390
LATER = "2999-01-01T00:00:00Z"
#: One without a place to break, one without spaces, one that runs from right to left.
TITLES = {
    "latin": "Очень_длинное_имя_файла_без_пробелов.1925.2160p.BluRay.REMUX.Броненосец_Потёмкин_целиком.mkv",
    "chinese": "千と千尋の神隠しの非常に長い題名でスペースが含まれていないのでどこで折り返すべきか",
    "arabic": "فيلم طويل جدا بعنوان عربي يقرأ من اليمين إلى اليسار ولا يجوز أن يكسر تخطيط الصفحة أو القائمة",
}


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    """A signed-in page on a phone."""
    return open_page(viewport={"width": WIDTH, "height": 844}, has_touch=True)


@pytest.mark.parametrize("script", TITLES)
def test_a_long_title_widens_no_page_and_is_told_whole(phone: Page, instance: Instance, script: str) -> None:
    title = TITLES[script]
    task_id = instance.enqueue("noop", {}, title=title, scheduled_for=LATER)
    item = instance.task(task_id)["items"][0]["id"]
    for path in ("/", "/tasks", f"/tasks/{task_id}", f"/tasks/{task_id}/items/{item}"):
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth") <= WIDTH, path
    ends = phone.locator(".crumbs li").evaluate_all(
        "all => all.map((one) => [one.getBoundingClientRect(), one.scrollWidth])"
        ".map(([box, width]) => [box.left, Math.max(box.right, box.left + Math.min(width, box.width))])"
    )
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(ends)), ends
    first = phone.locator(".crumbs li").first
    assert first.evaluate("(one) => one.scrollWidth <= one.clientWidth"), "the first crumb runs into the next"
    phone.goto("/tasks")
    link = row(phone, task_id).locator(".task-title")
    expect(link).to_have_attribute("title", title)
    assert link.evaluate("(one) => getComputedStyle(one).direction") == (
        "rtl" if script == "arabic" else "ltr"
    )


def test_a_running_task_tells_in_the_list_how_long_it_takes(phone: Page, instance: Instance) -> None:
    task_id = instance.enqueue("sleep", {"seconds": 60}, title="Timed on a phone")
    phone.goto("/tasks")
    expect(row(phone, task_id)).to_contain_text("Running")
    expect(row(phone, task_id).locator(".c-when")).to_be_visible()
    instance.call("POST", f"/api/queues/{task_id}/cancel")
    expect(row(phone, task_id)).to_contain_text("Canceled")
    expect(row(phone, task_id).locator(".c-when")).to_be_hidden()


def test_the_error_of_a_group_is_readable_whole(phone: Page, instance: Instance) -> None:
    for number in range(2):
        instance.fail(f"Readable {number}")
    phone.goto("/tasks?status=failed&q=readable")
    text = phone.locator("#error-groups .grow").first
    assert text.evaluate("(one) => one.scrollWidth <= one.clientWidth && one.clientWidth > 250")


def test_the_bulk_bar_takes_two_even_lines_of_buttons(phone: Page, instance: Instance) -> None:
    task_id = instance.enqueue("noop", {}, title="Picked on a phone", scheduled_for=LATER)
    phone.goto("/tasks")
    row(phone, task_id).get_by_role("checkbox").check()
    acts = phone.locator(".bulk-acts")
    boxes = acts.locator("> *").evaluate_all(
        "all => all.map((one) => [Math.round(one.getBoundingClientRect().top), one.getBoundingClientRect().right])"
    )
    assert len({top for top, _ in boxes}) == 2
    assert boxes[2][1] == pytest.approx(boxes[4][1], abs=1)
