"""TMDB's lists, v4 under /4 and v3 under /3, and its connection of people (source: developer.themoviedb.org).

The same accounts and lists are seen through both. Its habits are TMDB's: `success: false` for single items with
200, code 12 as 201, code 21 as 200, a v3 DELETE that may answer 500 although it deleted, a GET that clears.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

APP_TOKEN = "app-token"
APP_KEY = "app-key"
Json = dict[str, Any]


@dataclass
class StoredList:
    """A list as TMDB keeps it; `movies` in their order."""

    id: int
    account: str
    name: str
    description: str = ""
    public: bool = True
    sort_by: str = "original_order.asc"
    movies: list[int] = field(default_factory=list)


class TmdbListsServer(Loopback):
    """TMDB with people, lists and films below `unknown_from`; `outage` answers everything while it is set.

    Replies in `lost` replace the answers to changes, which are done all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[int, StoredList] = {}
        #: request tokens, and whether the person has approved them
        self.requested: dict[str, bool] = {}
        #: access tokens and session ids with the account each opens
        self.tokens: dict[str, str] = {}
        self.outage: Reply | None = None
        self.lost: deque[Reply] = deque()
        self.unknown_from = 1_000_000
        #: v3 answers 500 with code 11 to a DELETE that it does
        self.delete_answers_500 = False
        self._ids = itertools.count(8001)
        self._words = itertools.count(1)

    def reset(self) -> None:
        """Forget everything, and answer as one should."""
        for each in (self.lists, self.requested, self.tokens, self.lost, self.faults, self.requests):
            each.clear()
        self.outage, self.delete_answers_500 = None, False

    def approve(self, request_token: str) -> None:
        """The person approves."""
        self.requested[request_token] = True

    def grant(self, account: str) -> str:
        """A token for an account, as if its person had connected."""
        token = f"token-{next(self._words)}-of-{account}"
        self.tokens[token] = account
        return token

    def new_list(self, account: str, name: str, movies: list[int] | None = None) -> StoredList:
        """A list made on the website."""
        made = StoredList(next(self._ids), account, name, movies=list(movies or []))
        self.lists[made.id] = made
        return made

    def changes(self) -> list[Request]:
        """The requests that would change a list."""
        return [one for one in self.requests if one.method != "GET" or one.path.endswith("/clear")]

    def answer(self, request: Request) -> Reply:
        """Reply as TMDB does."""
        if self.outage is not None:
            return self.outage
        reply = self._v4(request) if request.path.startswith("/4/") else self._v3(request)
        changes = request.method != "GET" or request.path.endswith("/clear")
        return self.lost.popleft() if changes and self.lost and reply.status < 400 else reply

    def _v4(self, request: Request) -> Reply:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        path = request.path.removeprefix("/4")
        if path.startswith("/auth/"):
            if bearer != APP_TOKEN:
                return _no(401, 7, "Invalid API key: You must be granted a valid key.")
            return self._auth_v4(request, path)
        account = self.tokens.get(bearer)
        if account is None:
            return _no(401, 3, "Authentication failed: You do not have permissions to access the service.")
        if found := re.fullmatch(r"/account/(\w+)/lists", path):
            return self._overview(found[1], account)
        if path == "/list" and request.method == "POST":
            return self._create(request.json, account, "id")
        if found := re.fullmatch(r"/list/(\d+)(/items|/clear|/item_status)?", path):
            return self._on_list(
                int(found[1]), account, lambda on: self._list_v4(request, on, found[2] or "")
            )
        return _no(404, 34, "The resource you requested could not be found.")

    def _auth_v4(self, request: Request, path: str) -> Reply:
        if path == "/auth/request_token":
            return self._request_token()
        if request.method == "DELETE":
            self.tokens.pop(request.json["access_token"], None)
            return _yes(200, 1, "Success.")
        granted = self._exchange(request.json["request_token"])
        if isinstance(granted, Reply):
            return granted
        return Reply(200, {"success": True, "access_token": granted, "account_id": self.tokens[granted]})

    def _list_v4(self, request: Request, on: StoredList, part: str) -> Reply:
        match request.method, part:
            case "GET", "":
                results = [{"id": one, "media_type": "movie"} for one in on.movies]
                return Reply(200, {"id": on.id, "name": on.name, "results": results, "total_pages": 1})
            case "PUT", "":
                for name, value in request.json.items():
                    setattr(on, name, value)
                return _yes(201, 12, "The item/record was updated successfully.")
            case "DELETE", "":
                del self.lists[on.id]
                return _yes(200, 13, "The item/record was deleted successfully.")
            case "GET", "/clear":
                count = len(on.movies)
                on.movies.clear()
                return Reply(200, {"success": True, "id": on.id, "items_deleted": count, "status_code": 1})
            case "GET", "/item_status":
                if int(request.query["media_id"]) in on.movies:
                    return Reply(200, {"success": True, "media_type": "movie", "id": on.id})
                return _no(404, 34, "The resource you requested could not be found.")
            case "POST", "/items":
                return self._items(request, on, self._add)
            case "DELETE", "/items":
                return self._items(request, on, self._remove)
        return _no(405, 42, "This request method is not supported for this resource.")

    def _items(self, request: Request, on: StoredList, act: Callable[[StoredList, int], str]) -> Reply:
        results = []
        for item in request.json["items"]:
            complaint = act(on, item["media_id"])
            told = {"error": [complaint]} if complaint else {}
            results.append({**item, "success": not complaint, **told})
        return Reply(
            200, {"success": True, "status_code": 1, "status_message": "Success.", "results": results}
        )

    def _add(self, on: StoredList, movie_id: int) -> str:
        if movie_id >= self.unknown_from:
            return "Media could not be found"
        if movie_id in on.movies:
            return "Media has already been taken"
        on.movies.append(movie_id)
        return ""

    def _remove(self, on: StoredList, movie_id: int) -> str:
        if movie_id not in on.movies:
            return "Media could not be found"
        on.movies.remove(movie_id)
        return ""

    def _v3(self, request: Request) -> Reply:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        path = request.path.removeprefix("/3")
        if bearer != APP_TOKEN and request.query.get("api_key") != APP_KEY:
            return _no(401, 7, "Invalid API key: You must be granted a valid key.")
        if path == "/authentication/token/new":
            return self._request_token()
        if path == "/authentication/session/new":
            granted = self._exchange(request.json["request_token"])
            return (
                granted
                if isinstance(granted, Reply)
                else Reply(200, {"success": True, "session_id": granted})
            )
        if path == "/authentication/session":
            self.tokens.pop(request.json["session_id"], None)
            return Reply(200, {"success": True})
        account = self.tokens.get(request.query.get("session_id", ""))
        if account is None:
            return _no(401, 3, "Authentication failed: You do not have permissions to access the service.")
        if path == "/account":
            return Reply(200, {"id": int(account), "username": f"user{account}"})
        if found := re.fullmatch(r"/account/(\w+)/lists", path):
            return self._overview(found[1], account)
        if path == "/list":
            return self._create(request.json, account, "list_id")
        if found := re.fullmatch(r"/list/(\d+)(/\w+)?", path):
            return self._on_list(
                int(found[1]), account, lambda on: self._list_v3(request, on, found[2] or "")
            )
        return _no(404, 34, "The resource you requested could not be found.")

    def _list_v3(self, request: Request, on: StoredList, part: str) -> Reply:
        match request.method, part:
            case "GET", "":
                return Reply(200, {"id": on.id, "name": on.name, "items": [{"id": one} for one in on.movies]})
            case "DELETE", "":
                del self.lists[on.id]
                if self.delete_answers_500:
                    return _no(500, 11, "Internal error: Something went wrong, contact TMDb.")
                return _yes(200, 12, "The item/record was updated successfully.")
            case "POST", "/clear":
                if request.query.get("confirm") != "true":
                    return _no(400, 29, "Invalid parameters: confirm=true is needed.")
                on.movies.clear()
                return _yes(201, 12, "The item/record was updated successfully.")
            case "POST", "/add_item":
                return self._add_v3(on, request.json["media_id"])
            case "POST", "/remove_item":
                if self._remove(on, request.json["media_id"]):
                    return Reply(200, {"status_code": 21, "status_message": "Entry not found."})
                return _yes(200, 13, "The item/record was deleted successfully.")
        return _no(405, 42, "This request method is not supported for this resource.")

    def _add_v3(self, on: StoredList, movie_id: int) -> Reply:
        match self._add(on, movie_id):
            case "":
                return _yes(201, 12, "The item/record was updated successfully.")
            case "Media has already been taken":
                return _no(403, 8, "Duplicate entry: The data you tried to submit already exists.")
        return _no(404, 34, "The resource you requested could not be found.")

    def _request_token(self) -> Reply:
        token = f"request-{next(self._words)}"
        self.requested[token] = False
        return Reply(200, {"success": True, "status_code": 1, "request_token": token})

    def _exchange(self, request_token: str) -> str | Reply:
        if not self.requested.get(request_token):
            return _no(422, 41, "This request token has not been approved by the user.")
        del self.requested[request_token]
        return self.grant("7700")

    def _overview(self, asked: str, account: str) -> Reply:
        if asked != account:
            return _no(401, 3, "Authentication failed.")
        results = [
            {
                "id": one.id,
                "name": one.name,
                "description": one.description,
                "number_of_items": len(one.movies),
            }
            for one in self.lists.values()
            if one.account == account
        ]
        return Reply(200, {"page": 1, "results": results, "total_pages": 1, "total_results": len(results)})

    def _create(self, given: Json, account: str, name_of_id: str) -> Reply:
        if not given.get("name"):
            return _no(422, 47, "The input is not valid.")
        made = self.new_list(account, given["name"])
        made.description = given.get("description") or ""
        made.public = given.get("public", True)
        return Reply(
            201, {"success": True, "status_code": 1, "status_message": "Success.", name_of_id: made.id}
        )

    def _on_list(self, list_id: int, account: str, act: Callable[[StoredList], Reply]) -> Reply:
        on = self.lists.get(list_id)
        if on is None:
            return _no(404, 34, "The resource you requested could not be found.")
        if on.account != account:
            return _no(401, 38, "You are not allowed to edit this list.")
        return act(on)


def _yes(status: int, code: int, message: str) -> Reply:
    return Reply(status, {"success": True, "status_code": code, "status_message": message})


def _no(status: int, code: int, message: str) -> Reply:
    return Reply(status, {"success": False, "status_code": code, "status_message": message})
