"""Who gets in, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from queueapp.models.api_key import ApiKey
from queueapp.models.audit import AuditEntry
from queueapp.models.user import User
from queueapp.runtime import Runtime
from queueapp.services import api_keys, users
from tests.integration.webui.browser import Browser
from tests.integration.webui.conftest import PASSWORD
from webui import security

OPEN = {"status.health", "status.ready", "pages.session.login", "pages.session.login_form"}
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
#: writes that change nothing but the caller's own session or browser
OWN = {"pages.session.logout", "pages.session.theme"}


def _url(rule: Rule) -> str:
    chosen = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
    return re.sub(r"<[^>]+>", "1", chosen)


def test_no_route_is_without_its_rule(app: Flask) -> None:
    missing = {
        rule.endpoint for rule in app.url_map.iter_rules() if security.rule_of(app, rule.endpoint) is None
    }
    assert not missing


def test_nothing_but_health_ready_login_and_static_is_open(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    public = {endpoint for endpoint in endpoints if security.rule_of(app, endpoint) == "public"}
    assert {endpoint for endpoint in public if not endpoint.endswith("static")} == OPEN


def test_a_stranger_gets_nothing(app: Flask, stranger: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if security.rule_of(app, rule.endpoint) == "public":
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            response = stranger.open(_url(rule), method=method)
            assert response.status_code in {401, 302}, (method, rule.rule)
            if response.status_code == 302:
                assert response.location.startswith("/login")


def test_every_write_is_for_admins(app: Flask, viewer: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN | OWN:
            continue
        if security.rule_of(app, rule.endpoint) == "own":  # lets in whom it knows by itself: downloaders
            assert rule.rule.startswith("/webhooks/<name>"), rule.rule
            continue
        for method in WRITES & (rule.methods or set()):
            assert security.rule_of(app, rule.endpoint) == "admin", rule.rule
            response = viewer.open(_url(rule), method=method)
            assert response.status_code == 403, (method, rule.rule)


def test_a_viewer_reads(viewer: FlaskClient) -> None:
    for path in ("/api/queues", "/api/libraries", "/api/media", "/api/workers", "/openapi.json"):
        assert viewer.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/api/keys", "/api/users", "/api/audit"])
def test_a_viewer_does_not_read_who_has_access(viewer: FlaskClient, path: str) -> None:
    assert viewer.get(path).status_code == 403


@pytest.mark.parametrize("header", ["X-Api-Key", "Authorization"])
def test_a_key_opens_the_api_by_either_header(
    stranger: FlaskClient, make_key: Callable[[str], str], header: str
) -> None:
    key = make_key("viewer")
    value = key if header == "X-Api-Key" else f"Bearer {key}"
    assert stranger.get("/api/queues", headers={header: value}).status_code == 200


def test_a_revoked_key_opens_nothing(stranger: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        row, key = api_keys.create_key(session, "old", "admin")
        api_keys.revoke_key(session, row.id)
    response = stranger.get("/api/queues", headers={"X-Api-Key": key})
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_keys_are_stored_hashed_and_their_use_is_noted(admin: FlaskClient, runtime: Runtime) -> None:
    key = admin.post("/api/keys", json={"name": "radarr", "role": "viewer"}).get_json()["key"]
    assert admin.get("/api/queues", headers={"X-Api-Key": key}).status_code == 200
    with runtime.transaction() as session:
        row = session.scalars(sa.select(ApiKey).where(ApiKey.name == "radarr")).one()
        stored = session.execute(sa.text("SELECT row_to_json(k)::text FROM api_keys k")).scalars().all()
    assert row.last_used_at is not None
    assert all(key not in text for text in stored)
    assert key not in admin.get("/api/keys").get_data(as_text=True)


def test_passwords_are_stored_as_argon2(people: None, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        hashes = session.scalars(sa.select(User.password_hash)).all()
    assert all(each.startswith("$argon2id$") for each in hashes)


def test_a_session_opens_the_pages_and_the_api(app: Flask, people: None) -> None:
    browser = Browser(app)
    assert browser.log_in("Anna", PASSWORD).status_code == 303
    assert browser.get("/api/queues").status_code == 200
    assert browser.get("/api/keys").status_code == 200


def test_a_wrong_password_and_an_unknown_name_are_told_alike(app: Flask, people: None) -> None:
    wrong = Browser(app).log_in("anna", "not the password")
    unknown = Browser(app).log_in("nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 401


def test_a_write_in_a_session_needs_the_csrf_token(app: Flask, people: None) -> None:
    browser = Browser(app)
    browser.log_in("anna", PASSWORD)
    without = browser.client.post("/api/keys", json={"name": "x"})
    assert without.status_code == 400
    assert without.mimetype == "application/problem+json"
    assert browser.post("/api/keys", json={"name": "x"}).status_code == 201


def test_a_login_needs_the_csrf_token_too(app: Flask, people: None) -> None:
    response = app.test_client().post("/login", data={"username": "anna", "password": PASSWORD})
    assert response.status_code == 400


def test_a_wrong_key_is_not_saved_by_a_session(app: Flask, people: None) -> None:
    browser = Browser(app)
    browser.log_in("anna", PASSWORD)
    response = browser.client.post("/api/keys", json={"name": "x"}, headers={"X-Api-Key": "made up"})
    assert response.status_code == 401


def test_a_viewers_session_cannot_write(app: Flask, people: None) -> None:
    browser = Browser(app)
    browser.log_in("victor", PASSWORD)
    assert browser.get("/api/queues").status_code == 200
    assert browser.post("/api/queues/1/cancel").status_code == 403


def test_logging_out_ends_the_session(app: Flask, people: None) -> None:
    browser = Browser(app)
    browser.log_in("anna", PASSWORD)
    browser.post("/logout")
    assert browser.get("/api/queues").status_code == 401


def test_a_new_password_ends_the_sessions_of_the_old(app: Flask, people: None, runtime: Runtime) -> None:
    browser = Browser(app)
    browser.log_in("anna", PASSWORD)
    with runtime.transaction() as session:
        users.set_password(session, "anna", "another password")
    assert browser.get("/api/queues").status_code == 401


def test_too_many_failed_logins_are_refused_and_right_ones_are_not_counted(app: Flask, people: None) -> None:
    for _ in range(12):
        assert Browser(app).log_in("victor", PASSWORD).status_code == 303
    answers = [Browser(app).log_in("anna", "wrong again").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert Browser(app).log_in("anna", PASSWORD).status_code == 429


def test_logins_are_still_bounded_while_redis_is_away(
    app: Flask, people: None, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.redis.connection_pool.reset()
    runtime.redis.connection_pool.connection_kwargs |= {"path": "/nowhere/redis.sock"}
    answers = [Browser(app).log_in("anna", "wrong again").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_the_session_cookie_is_flagged(app: Flask, people: None) -> None:
    response = Browser(app).log_in("anna", PASSWORD)
    cookie = next(value for value in response.headers.getlist("Set-Cookie") if "queueapp_session" in value)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_writes_and_logins_are_in_the_audit_log(app: Flask, people: None, runtime: Runtime) -> None:
    browser = Browser(app)
    browser.log_in("anna", "wrong again")
    browser.log_in("anna", PASSWORD)
    browser.post("/api/keys", json={"name": "radarr"})
    with runtime.transaction() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.who, entry.action) for entry in entries] == [
        ("", "login refused"),
        ("anna", "login"),
        ("anna", "POST keys.create_key"),
    ]
    assert entries[2].target == "/api/keys"
    assert entries[2].address == "127.0.0.1"
    assert "key" not in entries[2].detail


def test_the_last_admin_stays(admin: FlaskClient, people: None) -> None:
    assert admin.delete("/api/users/anna").status_code == 409
    assert admin.patch("/api/users/anna", json={"role": "viewer"}).status_code == 409
    assert (
        admin.post("/api/users", json={"name": "Otto", "password": PASSWORD, "role": "admin"}).status_code
        == 201
    )
    assert admin.delete("/api/users/anna").status_code == 204


def test_no_password_is_ever_in_an_answer(admin: FlaskClient, people: None) -> None:
    text = admin.get("/api/users").get_data(as_text=True)
    assert "argon2" not in text
    assert "password" not in text
