"""Lists by TMDB's v4 API, with the person's user access token (source: developer.themoviedb.org/v4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queueapp import errors
from queueapp.connectors.tmdb_lists import Change, KnownList, Line, Said, missing, refused
from queueapp.connectors.tmdb_lists_overview import all_lists

_NOT_THERE = 404
_NOTHING_TO_UPDATE = 40
#: How TMDB's complaint about one item of a request reads.
_THERE_ALREADY = ("already", "taken", "duplicate", "exists")
_UNKNOWN = ("not found", "could not be found", "invalid", "does not exist", "doesn't exist")


@dataclass(frozen=True)
class ListsV4:
    """The lists of the person whose token the line carries."""

    line: Line
    account_id: str
    language: str

    def create(self, data: Mapping[str, Any]) -> int:
        """Make a list and return its id."""
        body = {"iso_639_1": self.language, **{name: one for name, one in data.items() if one is not None}}
        said = self.line.ask("POST", "/list", body=body)
        if not said.done:
            raise refused(said)
        made = said.body.get("id") or said.body.get("list_id")
        if not isinstance(made, int):
            self.line.fail("the answer names no list")
        return made

    def update(self, list_id: int, data: Mapping[str, Any]) -> Change:
        """Change name, description, visibility or order."""
        said = self.line.ask("PUT", f"/list/{list_id}", body=dict(data))
        if said.code == _NOTHING_TO_UPDATE:
            return Change(False, "there was nothing to change")
        self._accept(said, list_id)
        return Change(True, "changed")

    def delete(self, list_id: int) -> Change:
        """Remove a list; one that is gone already is no error."""
        said = self.line.ask("DELETE", f"/list/{list_id}")
        if said.status == _NOT_THERE:
            return Change(False, "it was deleted already")
        self._accept(said, list_id)
        return Change(True, "deleted")

    def clear(self, list_id: int) -> Change:
        """Take everything off a list. The GET does it, so it is sent once and never ahead of need."""
        self._accept(self.line.ask("GET", f"/list/{list_id}/clear"), list_id)
        return Change(True, "cleared")

    def add(self, list_id: int, movie_id: int) -> Change:
        """Put a film on a list; one that is on it already is no error."""
        said = self.line.ask("POST", f"/list/{list_id}/items", body=_items(movie_id))
        self._accept_for_film(said, list_id, movie_id)
        complaint = _complaint(said, movie_id)
        if complaint is None:
            return Change(True, "added")
        if any(word in complaint for word in _THERE_ALREADY) or (
            not any(word in complaint for word in _UNKNOWN) and self._is_on(list_id, movie_id)
        ):
            return Change(False, "it was on the list already")
        raise errors.Permanent(
            f"TMDB does not put film {movie_id} on the list: {complaint or 'it knows no such film'}"
        )

    def remove(self, list_id: int, movie_id: int) -> Change:
        """Take a film off a list; one that is not on it is no error."""
        said = self.line.ask("DELETE", f"/list/{list_id}/items", body=_items(movie_id))
        self._accept_for_film(said, list_id, movie_id)
        if _complaint(said, movie_id) is None:
            return Change(True, "removed")
        if self._is_on(list_id, movie_id):
            raise errors.RetryLater(f"TMDB did not take film {movie_id} off the list")
        return Change(False, "it was not on the list")

    def lists(self) -> list[KnownList]:
        """All lists of the account."""
        return all_lists(self.line, self.account_id)

    def _accept(self, said: Said, list_id: int) -> None:
        if said.status == _NOT_THERE:
            raise missing(list_id)
        if not said.done:
            raise refused(said)

    def _accept_for_film(self, said: Said, list_id: int, movie_id: int) -> None:
        """As `_accept`, where a 404 may also mean that TMDB does not know the film."""
        if said.status == _NOT_THERE:
            if self.line.ask("GET", f"/list/{list_id}").status == _NOT_THERE:
                raise missing(list_id)
            raise errors.Permanent(f"TMDB knows no film {movie_id}")
        if not said.done and not said.body.get("results"):
            raise refused(said)

    def _is_on(self, list_id: int, movie_id: int) -> bool:
        params: dict[str, str | int] = {"media_id": movie_id, "media_type": "movie"}
        return self.line.ask("GET", f"/list/{list_id}/item_status", params=params).done


def _items(movie_id: int) -> dict[str, Any]:
    return {"items": [{"media_type": "movie", "media_id": movie_id}]}


def _complaint(said: Said, movie_id: int) -> str | None:
    """What TMDB says against the one item that was asked for, in small letters; None when it did it."""
    results = said.body.get("results")
    for one in results if isinstance(results, list) else ():
        if isinstance(one, dict) and one.get("media_id") == movie_id and one.get("success") is False:
            given = one.get("error") or one.get("errors") or ""
            return " ".join(map(str, given)).lower() if isinstance(given, list) else str(given).lower()
    return None
