"""How a person lets us act for them at TMDB: a request token, their approval on the website, then the real token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from queueapp import errors
from queueapp.config import Settings
from queueapp.connectors import http

#: A person waits for these few requests, so they are given up early.
_TIMEOUT_SECONDS = 5.0
#: TMDB's codes for "not approved yet": session denied, request token unknown or expired, not approved.
_NOT_APPROVED = frozenset({17, 33, 34, 41})


@dataclass(frozen=True)
class Asked:
    """A request token and where the person approves it."""

    request_token: str = field(repr=False)
    approve_url: str = field(repr=False)


@dataclass(frozen=True)
class Granted:
    """What an approved request token was exchanged for."""

    access_token: str = field(repr=False)
    #: None when TMDB does not say; then the account's lists cannot be seen
    account_id: str | None
    username: str | None = None


def ask_v4(settings: Settings, redirect_to: str | None = None) -> Asked:
    """Ask for a v4 request token. Raises Conflict without our own access token, RetryLater, Permanent."""
    body = {"redirect_to": redirect_to} if redirect_to else {}
    answer = _send(settings, "POST", f"{settings.tmdb.lists_url}/auth/request_token", body=body)
    token = _text(answer, "request_token")
    return Asked(token, approve_url_v4(settings, token))


def complete_v4(settings: Settings, request_token: str) -> Granted:
    """Exchange an approved request token. Raises Conflict when it is not approved yet, RetryLater, Permanent."""
    body = {"request_token": request_token}
    answer = _send(settings, "POST", f"{settings.tmdb.lists_url}/auth/access_token", body=body)
    return Granted(_text(answer, "access_token"), str(answer.get("account_id") or "") or None)


def ask_v3(settings: Settings, redirect_to: str | None = None) -> Asked:
    """Ask for a v3 request token. Raises Conflict without any key, RetryLater, Permanent."""
    answer = _send(settings, "GET", f"{_v3(settings)}/authentication/token/new")
    token = _text(answer, "request_token")
    query = f"?{urlencode({'redirect_to': redirect_to})}" if redirect_to else ""
    return Asked(token, approve_url_v3(settings, token) + query)


def complete_v3(settings: Settings, request_token: str) -> Granted:
    """Exchange an approved request token for a session. Raises Conflict when it is not approved yet."""
    body = {"request_token": request_token}
    session = _text(
        _send(settings, "POST", f"{_v3(settings)}/authentication/session/new", body=body), "session_id"
    )
    try:
        account = _send(settings, "GET", f"{_v3(settings)}/account", params={"session_id": session})
    except (errors.RetryLater, errors.Permanent):
        account = {}  # the approval is spent, so the session is kept all the same
    return Granted(session, str(account.get("id") or "") or None, account.get("username") or None)


def approve_url_v4(settings: Settings, request_token: str) -> str:
    """Where a person approves a v4 request token."""
    return f"{_website(settings)}/auth/access?{urlencode({'request_token': request_token})}"


def approve_url_v3(settings: Settings, request_token: str) -> str:
    """Where a person approves a v3 request token."""
    return f"{_website(settings)}/authenticate/{quote(request_token, safe='')}"


def forget_v4(settings: Settings, access_token: str) -> None:
    """Ask TMDB to forget a user access token; it does not matter whether it can."""
    _forget(settings, f"{settings.tmdb.lists_url}/auth/access_token", {"access_token": access_token})


def forget_v3(settings: Settings, session_id: str) -> None:
    """Ask TMDB to end a session; it does not matter whether it can."""
    _forget(settings, f"{_v3(settings)}/authentication/session", {"session_id": session_id})


def app_headers(settings: Settings) -> dict[str, str]:
    """Our own access token, where there is one."""
    token = settings.tmdb.access_token
    return {"Authorization": f"Bearer {token}"} if token else {}


def app_params(settings: Settings) -> dict[str, str]:
    """Our own API key, where there is no access token."""
    section = settings.tmdb
    return {"api_key": section.api_key} if section.api_key and not section.access_token else {}


def _forget(settings: Settings, url: str, body: Mapping[str, str]) -> None:
    try:
        _send(settings, "DELETE", url, body=body)
    except (errors.RetryLater, errors.Permanent, errors.Conflict):
        return


def _send(
    settings: Settings, method: str, url: str, *, body: Any = None, params: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    try:
        answer = http.send(
            method,
            url,
            params={**(params or {}), **app_params(settings)},
            headers={"Accept": "application/json", **app_headers(settings)},
            body=body,
            timeout_seconds=_TIMEOUT_SECONDS,
        )
        found = answer.json() if answer.content else {}
    except http.Unreachable as error:
        raise errors.RetryLater(f"TMDB: {error}") from None
    said = found if isinstance(found, dict) else {}
    if answer.status == 429 or answer.status >= 500:
        raise errors.RetryLater(f"TMDB answered {answer.status}", answer.retry_after_seconds())
    if not answer.is_success or said.get("success") is False:
        message = str(said.get("status_message") or f"it answered {answer.status}")
        if said.get("status_code") in _NOT_APPROVED:
            raise errors.Conflict(f"TMDB has no approval yet: {message}")
        raise errors.Permanent(f"TMDB refuses: {message}")
    return said


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise errors.RetryLater(f"TMDB's answer has no {name}")
    return value


def _v3(settings: Settings) -> str:
    return settings.tmdb.base_url.rstrip("/")


def _website(settings: Settings) -> str:
    return settings.tmdb.website_url.rstrip("/")
