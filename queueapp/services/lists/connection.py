"""Opens the way to a connected user's lists."""

from __future__ import annotations

from queueapp.config import Settings
from queueapp.connectors import tmdb_account
from queueapp.connectors.provider import Means
from queueapp.connectors.tmdb_lists import Line, ListsApi
from queueapp.connectors.tmdb_lists_v3 import ListsV3
from queueapp.connectors.tmdb_lists_v4 import ListsV4
from queueapp.models.tmdb_user import TmdbUser, TmdbUserKind


def open_line(settings: Settings, means: Means, user: TmdbUser) -> tuple[Line, ListsApi]:
    """The line to TMDB with a connected user's token, and the API of their kind on it."""
    section = settings.tmdb
    token, account = user.access_token or "", user.account_id or ""
    language = section.language.partition("-")[0]
    if user.kind is TmdbUserKind.V4:
        headers = {"Authorization": f"Bearer {token}"}
        line = Line(means, section.lists_url, section.rate_per_second, headers)
        return line, ListsV4(line, account, language)
    params = {"session_id": token, **tmdb_account.app_params(settings)}
    line = Line(means, section.base_url, section.rate_per_second, tmdb_account.app_headers(settings), params)
    return line, ListsV3(line, account, language)
