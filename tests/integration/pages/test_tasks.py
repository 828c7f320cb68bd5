from __future__ import annotations

import pytest
from flask import Flask

from queueapp.bootstrap import Runtime
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask
from tests.integration.pages.reader import Reader
from tests.integration.pages.rows import add_task, item_ids

FAILED = {
    "type": "PermissionError",
    "message": "Permission denied: movie.nfo",
    "traceback": "Traceback: line 61",
}


def test_no_tasks_yet_says_what_to_do_first(admin: Reader) -> None:
    assert "No tasks yet" in admin.open("/tasks").text()
    assert admin.follow("Add a library").path == "/libraries"


@pytest.mark.parametrize("path", ["/tasks", "/media", "/webhooks"])
def test_viewers_are_not_told_to_do_what_they_cannot(viewer: Reader, path: str) -> None:
    said = viewer.open(path).page.xpath("string(//main)")
    assert "yet" in said
    assert "Add " not in said


def test_a_row_says_status_and_counts_in_words(admin: Reader, runtime: Runtime) -> None:
    add_task(runtime, "running", [{"status": "completed"}, {"status": "failed"}, {"status": "running"}])
    text = admin.open("/tasks").text()
    assert "Running" in text
    assert "2 of 3 · 1 failed" in text
    assert admin.page.xpath("//*[@role='progressbar']/@aria-valuetext") == ["2 of 3 finished, 1 failed"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [("status=failed", {"failed"}), ("status=active", {"queued", "running"}), ("q=two", {"completed"})],
)
def test_the_url_filters_the_list(admin: Reader, runtime: Runtime, query: str, shown: set[str]) -> None:
    made = {
        add_task(runtime, status, title=f"{status} {'two' if status == 'completed' else 'one'}"): status
        for status in ("queued", "running", "failed", "completed")
    }
    assert {made[task_id] for task_id in admin.open(f"/tasks?{query}").rows()} == shown


def test_a_filter_that_fits_nothing_offers_the_way_back(admin: Reader, runtime: Runtime) -> None:
    task_id = add_task(runtime, "completed")
    assert "No task fits" in admin.open("/tasks?q=nothing+like+it").text()
    assert admin.follow("Show all tasks").rows() == [task_id]


@pytest.mark.parametrize(
    "query", ["status=nonsense", "order=upwards", "q=%00", "expand=x", "expand=99999999"]
)
def test_nonsense_in_the_url_shows_the_whole_list(admin: Reader, runtime: Runtime, query: str) -> None:
    task_id = add_task(runtime, "completed")
    assert admin.open(f"/tasks?{query}").rows() == [task_id]


def test_older_tasks_are_behind_a_link_that_misses_none(admin: Reader, runtime: Runtime) -> None:
    made = [add_task(runtime, "completed") for _ in range(52)]
    seen = admin.open("/tasks").rows()
    assert seen + admin.follow("Older").rows() == made[::-1]


def test_without_script_a_row_expands_to_its_items_nested_by_title(admin: Reader, runtime: Runtime) -> None:
    task_id = add_task(
        runtime,
        "failed",
        [
            {"status": "completed", "type": "analyze", "subject": "Faust (1926)"},
            {"status": "failed", "type": "publish", "subject": "Faust (1926)", "error": FAILED},
            {"status": "completed", "type": "analyze", "subject": "Ran (1985)"},
        ],
    )
    admin.open("/tasks").follow("Items of A task")
    groups = [
        " ".join(" ".join(li.itertext()).split())
        for li in admin.page.xpath(f"//*[@id='task-{task_id}-panel']//li")
    ]
    assert groups == [
        "Faust (1926) analyze completed publish failed Permission denied: movie.nfo",
        "Ran (1985) analyze completed",
    ]
    admin.follow("Items of A task")
    assert not admin.page.xpath(f"//*[@id='task-{task_id}-panel']")


def test_rows_for_a_live_update_are_just_those_asked_for(app: Flask, admin: Reader, runtime: Runtime) -> None:
    first, second = add_task(runtime, "completed"), add_task(runtime, "completed")
    admin.open(f"/tasks/rows?ids={first},999")
    assert admin.page.xpath("//li/@id") == [f"task-{first}"]
    assert admin.open(f"/tasks/rows?ids={second},x,,{first}").page.xpath("//li/@id") == [
        f"task-{second}",
        f"task-{first}",
    ]


def test_a_queued_task_is_canceled_by_its_button(admin: Reader, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}], title="Do nothing")).task_id
    admin.open("/tasks").press(f"Cancel task {task_id}")
    assert admin.path == "/tasks"
    assert admin.toasts() == ["Canceling: Do nothing"]
    assert "Canceled" in admin.text()
    assert f"Cancel task {task_id}" not in admin.buttons()


def test_a_canceled_task_is_retried_by_its_button(admin: Reader, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}, {}])).task_id
    admin.open(f"/tasks/{task_id}").press("Cancel").press("Retry")
    assert admin.path == f"/tasks/{task_id}"
    assert admin.toasts() == [f"Retrying 2 items of task {task_id}"]
    assert "Queued" in admin.text()


def test_an_act_that_came_too_late_says_why(admin: Reader, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}])).task_id
    other = admin.open(f"/tasks/{task_id}")
    stale = other.page
    admin.press("Cancel")
    admin.page = stale
    admin.press("Pause")
    assert admin.status == 200
    assert "cancel" in admin.toasts()[0].lower()


def test_pausing_and_resuming_a_task(admin: Reader, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}])).task_id
    admin.open(f"/tasks/{task_id}").press("Pause")
    assert "Paused" in admin.text()
    assert "paused by anna" in admin.text()
    admin.press("Resume")
    assert "Paused" not in admin.text()


def test_deleting_asks_once_with_what_and_how_many(admin: Reader, runtime: Runtime) -> None:
    task_id = add_task(runtime, "completed", [{"status": "completed"}] * 3, title="Scan Films")
    admin.open(f"/tasks/{task_id}").follow("Delete")
    assert "“Scan Films” goes with its 3 items" in admin.text()
    admin.press("Delete task")
    assert admin.path == "/tasks"
    assert admin.rows() == []
    assert admin.open(f"/tasks/{task_id}").status == 404


def test_a_task_page_shows_counts_timeline_and_what_went_wrong(admin: Reader, runtime: Runtime) -> None:
    items = [{"status": "failed", "error": FAILED}] * 2 + [{"status": "completed"}, {"status": "skipped"}]
    task_id = add_task(runtime, "failed", items, error="2 items failed")
    text = admin.open(f"/tasks/{task_id}").text()
    assert "2 items failed" in text
    assert "Permission denied: movie.nfo 2 items" in text
    assert "Created just now" in text
    assert "Started just now" in text
    admin.open(f"/tasks/{task_id}?items=skipped")
    assert len(admin.page.xpath("//tbody/tr")) == 1


def test_an_item_shows_payload_result_error_and_log(admin: Reader, runtime: Runtime) -> None:
    item = {
        "status": "failed",
        "payload": {"path": "/media/<b>films</b>"},
        "error": FAILED,
        "result": {"written": 2},
        "log": [("info", "Reading movie.nfo"), ("error", "It cannot be written")],
    }
    task_id = add_task(runtime, "failed", [item])
    item_id = item_ids(runtime, task_id)[0]
    text = admin.open(f"/tasks/{task_id}/items/{item_id}").text()
    for said in (
        "PermissionError",
        "Traceback: line 61",
        "/media/<b>films</b>",
        '"written" : 2',
        "Reading movie.nfo",
    ):
        assert said in text
    assert not admin.page.xpath("//pre//b")
    lines = admin.open(f"/tasks/{task_id}/items/{item_id}/log?after=1").page
    assert "cannot be written" in lines.text_content()
    assert "Reading" not in lines.text_content()


def test_one_item_is_canceled_and_retried(admin: Reader, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}, {}])).task_id
    first = item_ids(runtime, task_id)[0]
    admin.open(f"/tasks/{task_id}/items/{first}").press("Cancel")
    assert "Canceled" in admin.text()
    admin.press("Retry")
    assert admin.toasts() == [f"Retrying item {first}"]
    assert "Queued" in admin.text()


@pytest.mark.parametrize(
    "path",
    ["/tasks/999999", "/tasks/1/items/1", "/tasks/0", "/tasks/99999999999999999999", "/no/such/page"],
)
def test_an_unknown_task_is_a_page_that_leads_on(admin: Reader, path: str) -> None:
    assert admin.open(path).status == 404
    assert "There is nothing here" in admin.text()
    assert "The requested URL" not in admin.text()
    assert admin.follow("Tasks").path == "/tasks"


def test_a_viewer_sees_everything_and_no_button_that_writes(viewer: Reader, runtime: Runtime) -> None:
    task_id = add_task(runtime, "failed", [{"status": "failed", "error": FAILED}])
    item_id = item_ids(runtime, task_id)[0]
    for path in (
        "/",
        "/tasks",
        f"/tasks/{task_id}",
        f"/tasks/{task_id}/items/{item_id}",
        "/schedules",
        "/players",
    ):
        assert viewer.open(path).status == 200
        assert set(viewer.buttons()) <= {""}, path
        assert not viewer.page.xpath("//main//form[@method='post']"), path


def test_a_viewer_who_sends_the_form_anyway_is_refused(
    app: Flask, viewer: Reader, admin: Reader, runtime: Runtime
) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}])).task_id
    admin.open(f"/tasks/{task_id}")
    viewer.open("/tasks")
    token = viewer.page.xpath("//input[@name='csrf_token']/@value")[0]
    viewer.page = admin.page
    viewer.press("Cancel", csrf_token=token)
    assert viewer.status == 403
    assert "not yours to do" in viewer.text()


def test_a_form_without_its_token_is_refused(admin: Reader, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask("noop", [{}])).task_id
    admin.open(f"/tasks/{task_id}").press("Cancel", csrf_token="")
    assert admin.status == 400
