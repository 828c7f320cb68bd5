"""The queue's pages inside another project's Flask app."""

from __future__ import annotations

import flask
import pytest
from flask.testing import FlaskClient

from queueapp.bootstrap import Runtime
from queueapp.execution.rows import NewItem
from queueapp.ledger import reads
from queueapp.services.enqueue import NewTask, create_task
from webui.blueprint import queueapp_blueprint

OWN = {"Origin": "http://localhost"}


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    app = flask.Flask("host")
    app.config["admitted"] = True
    pages = queueapp_blueprint(
        runtime, allow=lambda: flask.current_app.config["admitted"], who=lambda: "anna"
    )
    app.register_blueprint(pages, url_prefix="/queue")
    return app.test_client()


def make(runtime: Runtime, title: str = "Some work") -> int:
    return create_task(runtime, NewTask("noop", [NewItem("noop", {}, title="First")], title=title)).task_id


def status(runtime: Runtime, task_id: int) -> str:
    with runtime.transaction() as session:
        return reads.get_task(session, task_id).status.value


def test_it_lists_tasks_and_leads_to_their_items(client: FlaskClient, runtime: Runtime) -> None:
    assert "There is no task yet" in client.get("/queue/").text
    task_id = make(runtime, "<b>Bold</b>")
    page = client.get("/queue/")
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page.text
    assert f'href="/queue/{task_id}"' in page.text
    assert 'http-equiv="refresh"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "First" in client.get(f"/queue/{task_id}").text
    with client.get("/queue/static/queue.css") as sheet:
        assert sheet.mimetype == "text/css"


def test_older_tasks_are_a_page_further(client: FlaskClient, runtime: Runtime) -> None:
    for number in range(51):
        make(runtime, f"Work {number}.")
    page = client.get("/queue/").text
    assert "Work 50." in page
    assert "Work 0." not in page
    older = page.split('href="/queue/?after=')[1].split('"')[0]
    assert "Work 0." in client.get(f"/queue/?after={older}").text
    assert client.get("/queue/?after=rubbish").status_code == 400


def test_cancel_and_retry_act_and_come_back(client: FlaskClient, runtime: Runtime) -> None:
    task_id = make(runtime)
    done = client.post(f"/queue/{task_id}/cancel", headers=OWN)
    assert (done.status_code, done.location) == (303, f"/queue/{task_id}")
    assert status(runtime, task_id) == "canceled"
    assert "Retry" in client.get(f"/queue/{task_id}").text
    assert client.post(f"/queue/{task_id}/retry", headers=OWN).status_code == 303
    assert status(runtime, task_id) == "queued"
    assert client.post(f"/queue/{task_id}/retry", headers=OWN).status_code == 409


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://evil.test"}, {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}],
)
def test_no_other_site_can_act(client: FlaskClient, runtime: Runtime, headers: dict[str, str]) -> None:
    task_id = make(runtime)
    assert client.post(f"/queue/{task_id}/cancel", headers=headers).status_code == 403
    assert status(runtime, task_id) == "queued"


def test_who_is_not_admitted_sees_and_does_nothing(client: FlaskClient, runtime: Runtime) -> None:
    task_id = make(runtime)
    client.application.config["admitted"] = False
    for path in ("/queue/", f"/queue/{task_id}"):
        assert client.get(path).status_code == 403
    assert client.post(f"/queue/{task_id}/cancel", headers=OWN).status_code == 403
    assert status(runtime, task_id) == "queued"


def test_a_task_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/queue/4711").status_code == 404
    assert client.get(f"/queue/{2**70}").status_code == 404
    assert client.post("/queue/4711/cancel", headers=OWN).status_code == 404
