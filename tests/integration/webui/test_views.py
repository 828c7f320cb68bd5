"""Saved views: one's own, and those that are shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.webui.browser import Browser
from tests.integration.webui.conftest import PASSWORD

VIEWS = "/api/views"


@pytest.fixture
def anna(app: Flask, people: None) -> FlaskClient:
    """Another admin, in a browser."""
    browser = Browser(app)
    browser.log_in("anna", PASSWORD)
    browser.client.environ_base["HTTP_X_CSRFTOKEN"] = browser.token
    return browser.client


def _save(client: FlaskClient, name: str = "Failed scans", **body: Any) -> dict[str, Any]:
    response = client.post(VIEWS, json={"name": name, "query": "status=failed&type=scan"} | body)
    assert response.status_code == 201, response.text
    assert response.headers["Location"].endswith(f"{VIEWS}/{response.get_json()['id']}")
    return dict(response.get_json())


def _names(client: FlaskClient) -> list[str]:
    return [view["name"] for view in client.get(VIEWS).get_json()["views"]]


def test_a_view_is_kept_changed_and_forgotten(admin: FlaskClient) -> None:
    view = _save(admin)
    assert (view["filter"], view["shared"], view["mine"]) == (
        {"status": "failed", "type": "scan"},
        False,
        True,
    )
    path = f"{VIEWS}/{view['id']}"
    changed = admin.patch(
        path, json={"name": "All failed", "query": "status=failed", "shared": True}
    ).get_json()
    assert (changed["name"], changed["query"], changed["shared"]) == ("All failed", "status=failed", True)
    assert admin.get(path).get_json() == changed
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_a_filter_may_be_given_as_an_object(admin: FlaskClient) -> None:
    chosen = {"status": ["failed", "canceled"], "q": "blade runner", "priority": "high"}
    view = admin.post(VIEWS, json={"name": "two", "filter": chosen}).get_json()
    assert view["query"] == "status=failed&status=canceled&priority=3&q=blade+runner"
    assert view["filter"]["status"] == ["failed", "canceled"]
    listed = admin.get(f"/api/queues?{view['query']}")
    assert listed.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "x", "query": "a", "filter": {}},
        {"name": "x", "filter": {"status": "nothing"}},
        {"name": "x", "colour": "red"},
        {"query": "a"},
        {"name": "x", "query": "a\r\nb"},
    ],
)
def test_what_does_not_fit_is_refused(admin: FlaskClient, body: dict[str, Any]) -> None:
    response = admin.post(VIEWS, json=body)
    assert response.status_code == 422
    assert response.get_json()["errors"]


def test_a_name_is_taken_once_for_each_owner(admin: FlaskClient, anna: FlaskClient) -> None:
    _save(admin, "mine")
    assert admin.post(VIEWS, json={"name": "MINE"}).status_code == 409
    assert anna.post(VIEWS, json={"name": "mine"}).status_code == 201
    other = _save(admin, "other")
    assert admin.patch(f"{VIEWS}/{other['id']}", json={"name": "Mine"}).status_code == 409


def test_others_see_only_what_is_shared(admin: FlaskClient, viewer: FlaskClient, anna: FlaskClient) -> None:
    private, shared = _save(admin, "private"), _save(admin, "shared", shared=True)
    assert _names(viewer) == _names(anna) == ["shared"]
    assert viewer.get(f"{VIEWS}/{private['id']}").status_code == 404
    assert anna.delete(f"{VIEWS}/{private['id']}").status_code == 404
    assert viewer.get(f"{VIEWS}/{shared['id']}").get_json()["mine"] is False


def test_an_admin_changes_what_others_share_and_viewers_change_nothing(
    admin: FlaskClient, viewer: FlaskClient, anna: FlaskClient
) -> None:
    path = f"{VIEWS}/{_save(admin, 'shared', shared=True)['id']}"
    refused = [
        viewer.post(VIEWS, json={"name": "mine"}),
        viewer.patch(path, json={"name": "x"}),
        viewer.delete(path),
    ]
    assert [answer.status_code for answer in refused] == [403] * 3
    assert anna.delete(path).status_code == 204


def test_a_browser_keeps_views_under_its_users_name(anna: FlaskClient) -> None:
    assert anna.post(VIEWS, json={"name": "mine"}).get_json()["owner"] == "anna"
    del anna.environ_base["HTTP_X_CSRFTOKEN"]
    assert anna.post(VIEWS, json={"name": "another"}).status_code == 400


def test_an_owner_keeps_a_bounded_number(
    admin: FlaskClient, make_key: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queueapp.services.views.MAX_VIEWS", 1)
    _save(admin)
    assert admin.post(VIEWS, json={"name": "one more"}).status_code == 413
