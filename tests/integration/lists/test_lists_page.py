"""The page of TMDB lists, with forms alone."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from queueapp.services import users
from tests.integration.lists.conftest import Desk
from tests.integration.webui.browser import Browser
from tests.servers.loopback import Reply


@pytest.fixture
def browser(desk: Desk) -> Browser:
    """Somebody signed in as an admin."""
    with desk.runtime.transaction() as session:
        if all(user.name != "lists-admin" for user in users.list_users(session)):
            users.add_user(session, "lists-admin", "correct horse battery", "admin")
    app = desk.client.application
    assert isinstance(app, Flask)
    made = Browser(app)
    assert made.log_in("lists-admin", "correct horse battery").status_code == 303
    return made


def page(browser: Browser, path: str = "/lists") -> str:
    """A page's text."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_person_is_connected_and_a_list_kept_without_scripts(desk: Desk, browser: Browser) -> None:
    assert "Nobody is connected" in page(browser)
    assert browser.post("/lists/people", data={"name": "Anna", "kind": "v4"}).status_code == 303
    shown = page(browser)
    token = re.search(r"request_token=([\w-]+)", shown)
    assert token
    desk.tmdb.approve(token[1])
    user = desk.get("/api/lists/users")["users"][0]["id"]
    browser.post(f"/lists/people/{user}/complete")
    assert "Connected: their lists are taken in" in page(browser)
    browser.post("/lists/new", data={"tmdb_user_id": str(user), "name": "Friday"})
    [found] = desk.get("/api/lists")["lists"]
    assert "Friday" in page(browser)
    at = f"/lists/{found['id']}"
    browser.post(f"{at}/add", data={"movie_id": "653"})
    assert "Put film 653 on" in page(browser, at)
    browser.post(f"{at}/change", data={"name": "Saturday"})
    assert "<title>Saturday" in page(browser, at)
    assert browser.post(f"{at}/add", data={"movie_id": "many"}).status_code == 422
    assert "Clear Saturday?" in page(browser, f"{at}/clear")
    browser.post(f"{at}/clear")
    browser.post(f"{at}/take-off", data={"movie_id": "653"})
    assert [one.movies for one in desk.tmdb.lists.values()] == [[]]
    browser.post(f"{at}/delete")
    assert desk.tmdb.lists == {}
    browser.post(f"/lists/people/{user}/remove")
    assert "Nobody is connected" in page(browser)


def test_what_waits_is_shown_with_its_acts_and_a_banner(desk: Desk, browser: Browser) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    desk.tmdb.outage = Reply(503, {})
    told = desk.add(user, made["id"], 653)
    desk.tried(told["operation_id"], 1)
    shown = page(browser)
    assert "TMDB does not answer as it should: 1 operation is kept" in shown
    assert "Retrying" in shown
    at = f"/lists/operations/{told['operation_id']}"
    assert f'action="{at}/process"' in shown
    browser.post("/lists/processor/off")
    assert "The TMDB list processor is off: 1 operation is kept" in page(browser)
    browser.post(f"{at}/cancel")
    assert desk.operation(told["operation_id"])["status"] == "cancelled"
    browser.post("/lists/processor/on")
    desk.tmdb.outage = None
    browser.post(f"{at}/retry")
    desk.comes_to(told["operation_id"], "completed")
    browser.post("/lists/process")
    assert "Nothing waits" in page(browser, "/lists?status=completed")
