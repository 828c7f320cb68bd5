"""The overview of all lists of an account, which reads the same by both of TMDB's APIs."""

from __future__ import annotations

from queueapp.connectors.tmdb_lists import KnownList, Line, Said, refused

#: Pages of an account's lists that are read; twenty lists a page.
_MAX_PAGES = 50


def all_lists(line: Line, account_id: str) -> list[KnownList]:
    """All lists of the account of the line's person. Raises what asking raises, Permanent for a no."""
    found: list[KnownList] = []
    for page in range(1, _MAX_PAGES + 1):
        said = line.ask("GET", f"/account/{account_id}/lists", params={"page": page})
        if not said.done:
            raise refused(said)
        found += _known_lists(said)
        if page >= int(said.body.get("total_pages") or 1):
            break
    return found


def _known_lists(said: Said) -> list[KnownList]:
    """The lists on one page of an account's overview; entries that make no sense are passed over."""
    results = said.body.get("results")
    return [
        KnownList(
            id=one["id"],
            name=str(one.get("name") or ""),
            description=one.get("description") or None,
            public=None if one.get("public") is None else bool(one["public"]),
            item_count=one.get("number_of_items", one.get("item_count")),
        )
        for one in (results if isinstance(results, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), int)
    ]
