"""Small rules that keep people safe."""

from __future__ import annotations

import pytest

from webui.access_log import redact
from webui.security import safe_target


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /webhooks/radarr/qk_secret HTTP/1.1", "GET /webhooks/radarr/*** HTTP/1.1"),
        ("/events/queues?api_key=qk_secret&types=x", "/events/queues?api_key=***&types=x"),
        ("/a?x=1&TOKEN=abc", "/a?x=1&TOKEN=***"),
        ("/api/keys?limit=5", "/api/keys?limit=5"),
        ("https://host/a?password=hunter2", "https://host/a?password=***"),
    ],
)
def test_keys_in_urls_do_not_reach_the_log(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        None,
        "/a\r\nX: y",
    ],
)
def test_a_login_leads_to_no_other_site(target: str | None) -> None:
    assert safe_target(target, "/home") == "/home"


def test_a_login_leads_back_to_the_page_asked_for() -> None:
    assert safe_target("/tasks?status=failed", "/home") == "/tasks?status=failed"
