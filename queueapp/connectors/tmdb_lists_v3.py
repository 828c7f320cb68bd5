"""Lists by TMDB's v3 API, with the person's session: films only, and no change of a list itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queueapp import errors
from queueapp.connectors.tmdb_lists import Change, KnownList, Line, Said, missing, refused
from queueapp.connectors.tmdb_lists_overview import all_lists

_NOT_THERE = 404
_FAILED = 500
#: TMDB's codes: developer.themoviedb.org/docs/errors.
_DUPLICATE = 8
_FAILURE = 11
_NO_ENTRY = 21

NO_UPDATE = "TMDB's v3 API cannot change a list; connect this person by v4"


@dataclass(frozen=True)
class ListsV3:
    """The lists of the person whose session the line carries."""

    line: Line
    account_id: str
    language: str

    def create(self, data: Mapping[str, Any]) -> int:
        """Make a list and return its id."""
        language = data.get("iso_639_1") or self.language
        body = {"name": data["name"], "description": data.get("description") or "", "language": language}
        said = self.line.ask("POST", "/list", body=body)
        if not said.done:
            raise refused(said)
        made = said.body.get("list_id") or said.body.get("id")
        if not isinstance(made, int):
            self.line.fail("the answer names no list")
        return made

    def update(self, list_id: int, data: Mapping[str, Any]) -> Change:
        """Not possible here."""
        del list_id, data
        raise errors.Permanent(NO_UPDATE)

    def delete(self, list_id: int) -> Change:
        """Remove a list. TMDB is known to answer 500 with code 11 although it did it, so that is looked into."""
        said = self.line.ask("DELETE", f"/list/{list_id}", expected=frozenset({_FAILED}))
        if said.status == _NOT_THERE:
            return Change(False, "it was deleted already")
        if said.status == _FAILED:
            if said.code != _FAILURE or not self._is_missing(list_id):
                self.line.fail(f"it answered {said.status}: {said.message}")
        elif not said.done:
            raise refused(said)
        return Change(True, "deleted")

    def clear(self, list_id: int) -> Change:
        """Take everything off a list; TMDB wants it confirmed."""
        said = self.line.ask("POST", f"/list/{list_id}/clear", params={"confirm": "true"})
        if said.status == _NOT_THERE:
            raise missing(list_id)
        if not said.done:
            raise refused(said)
        return Change(True, "cleared")

    def add(self, list_id: int, movie_id: int) -> Change:
        """Put a film on a list; one that is on it already is no error."""
        said = self.line.ask("POST", f"/list/{list_id}/add_item", body={"media_id": movie_id})
        if said.code == _DUPLICATE:
            return Change(False, "it was on the list already")
        self._accept(said, list_id, movie_id)
        return Change(True, "added")

    def remove(self, list_id: int, movie_id: int) -> Change:
        """Take a film off a list; one that is not on it is no error (code 21, sent with 200 or 404)."""
        said = self.line.ask("POST", f"/list/{list_id}/remove_item", body={"media_id": movie_id})
        if said.code == _NO_ENTRY:
            return Change(False, "it was not on the list")
        self._accept(said, list_id, movie_id)
        return Change(True, "removed")

    def lists(self) -> list[KnownList]:
        """All lists of the account."""
        return all_lists(self.line, self.account_id)

    def _accept(self, said: Said, list_id: int, movie_id: int) -> None:
        if said.status == _NOT_THERE:
            if self._is_missing(list_id):
                raise missing(list_id)
            raise errors.Permanent(f"TMDB knows no film {movie_id}")
        if not said.done:
            raise refused(said)

    def _is_missing(self, list_id: int) -> bool:
        return self.line.ask("GET", f"/list/{list_id}").status == _NOT_THERE
