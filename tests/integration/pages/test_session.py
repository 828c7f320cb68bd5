from __future__ import annotations

import pytest

from tests.integration.pages.reader import Reader

CLOSED = ["/", "/tasks", "/tasks/1", "/libraries", "/media", "/schedules", "/workers", "/players"]


@pytest.mark.parametrize("path", CLOSED)
def test_a_stranger_is_sent_to_the_login_page(stranger: Reader, path: str) -> None:
    assert stranger.open(path).path == "/login"


def test_after_signing_in_a_person_is_where_they_wanted_to_go(stranger: Reader) -> None:
    stranger.open("/schedules").press("Sign in", username="anna", password="correct horse battery")
    assert stranger.path == "/schedules"


def test_a_wrong_password_says_so_and_keeps_the_name(stranger: Reader) -> None:
    stranger.open("/login").press("Sign in", username="anna", password="wrong")
    assert stranger.status == 401
    assert "do not fit" in stranger.text()
    assert stranger.page.xpath("//input[@name='username']/@value") == ["anna"]


def test_signing_in_leads_to_no_other_site(stranger: Reader) -> None:
    stranger.open("/login?next=//evil.example/").press(
        "Sign in", username="anna", password="correct horse battery"
    )
    assert stranger.path == "/"


def test_signing_out_ends_the_session(admin: Reader) -> None:
    assert admin.press("Sign out").path == "/login"
    assert admin.open("/tasks").path == "/login"


def test_the_chosen_theme_is_rendered_from_the_start(admin: Reader) -> None:
    admin.press("Theme: Dark")
    assert admin.page.get("data-theme") == "dark"
    admin.open("/tasks").press("Theme: As the system")
    assert admin.page.get("data-theme") is None
