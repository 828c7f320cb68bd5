"""Record what a scan found. Every function takes a session and never commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from queueapp import db
from queueapp.media import fingerprints, paths
from queueapp.media.ids import NONE, Ids
from queueapp.media.plan import Match
from queueapp.models.library import Library, LibraryFolder
from queueapp.models.media import IdsSource, MatchState, Media, MediaKind, MediaStatus
from queueapp.models.media_file import MediaFile

_STRENGTH = {None: 0} | {source.value: number for number, source in enumerate(IdsSource, 1)}
#: Columns that a scan writes of a title it knew before.
_WRITTEN = (
    "key", "unit", "folder", "own_folder", "main_path", "season_number", "episode_number", "episode_numbers",
    "absolute_number", "air_date", "parent_id", "show_id", "parsed_title", "parsed_year", "tmdb_id",
    "imdb_id", "tvdb_id", "ids_source", "fingerprint",
)  # fmt: skip
_COPIED = ("library_id", "kind", *_WRITTEN)


def free_keys(session: Session, moved: Sequence[int]) -> None:
    """Take moved titles out of the way of each other: one may now lie where another lay."""
    _ = moved and session.execute(
        sa.update(Media)
        .where(Media.id.in_(moved))
        .values(key=sa.func.concat("\x01", sa.cast(Media.id, sa.Text)))
    )


def record_titles(
    session: Session,
    library: Library,
    matches: Sequence[Match],
    parents: dict[str, int],
    nfo_ids: Mapping[str, Ids],
) -> list[int]:
    """Store titles as found, whether known or new, and return their ids in order.

    `parents` gives the ids of shows and seasons by found key, and is completed by those among `matches`,
    which must come in the order show, seasons, episodes over the calls.
    """
    rows = [_row(library, match, parents, nfo_ids.get(match.found.key, NONE)) for match in matches]
    ids = [match.known.id if match.known else 0 for match in matches]
    _update(session, [row | {"media_id": one} for row, one in zip(rows, ids, strict=True) if one])
    inserted = iter(_insert(session, [row for row, one in zip(rows, ids, strict=True) if not one]))
    ids = [one or next(inserted) for one in ids]
    parents.update({match.found.key: one for match, one in zip(matches, ids, strict=True)})
    _replace_files(session, library, list(zip(ids, matches, strict=True)))
    return ids


def mark_gone(session: Session, gone: Sequence[int], task_id: int) -> None:
    """Mark titles as gone; their records stay, so that they are whole again when the files return."""
    _ = gone and session.execute(
        sa.update(Media)
        .where(Media.id.in_(gone))
        .values(
            status=MediaStatus.GONE, gone_at=sa.func.now(), last_task_id=task_id, updated_at=sa.func.now()
        )
    )


def settle_shows(session: Session, library_id: int) -> None:
    """A show or season is there while an episode of it is; a show's fingerprint names its seasons."""
    parent, episode = aliased(Media), aliased(Media)
    alive = (
        sa.select(sa.literal(1))
        .where(
            sa.or_(episode.show_id == parent.id, episode.parent_id == parent.id),
            episode.kind == MediaKind.EPISODE,
            episode.status == MediaStatus.PRESENT,
        )
        .exists()
    )
    query = sa.select(parent.id, parent.status, alive).where(
        parent.library_id == library_id, parent.kind.in_([MediaKind.SHOW, MediaKind.SEASON])
    )
    states = list(session.execute(query))
    lost = [one for one, status, lives in states if status is MediaStatus.PRESENT and not lives]
    back = [one for one, status, lives in states if status is MediaStatus.GONE and lives]
    _set_status(session, lost, MediaStatus.GONE)
    _set_status(session, back, MediaStatus.PRESENT)
    _name_seasons(session, library_id)


def keep_digests(
    session: Session, library_id: int, digests: Mapping[str, str], forgotten: Iterable[str]
) -> None:
    """Remember folders as they are now; written last, so that a scan cut short looks at them again."""
    gone = list(forgotten)
    if gone:
        session.execute(
            sa.delete(LibraryFolder).where(
                LibraryFolder.library_id == library_id, LibraryFolder.path.in_(gone)
            )
        )
    rows = [{"library_id": library_id, "path": path, "digest": digest} for path, digest in digests.items()]
    for start in range(0, len(rows), 5000):
        statement = insert(LibraryFolder).values(rows[start : start + 5000])
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["library_id", "path"], set_={"digest": statement.excluded.digest}
            )
        )


def note_scan(session: Session, library_id: int, task_id: int) -> None:
    """Note when and by which task a library was last scanned."""
    session.execute(
        sa.update(Library)
        .where(Library.id == library_id)
        .values(last_scan_at=sa.func.now(), last_scan_task_id=task_id)
    )


def chain_on(session: Session, media_ids: Sequence[int], task_id: int) -> None:
    """Note which task works on these titles now."""
    for start in range(0, len(media_ids), 10_000):
        session.execute(
            sa.update(Media)
            .where(Media.id.in_(media_ids[start : start + 10_000]))
            .values(last_task_id=task_id)
        )


def _row(library: Library, match: Match, parents: Mapping[str, int], from_nfo: Ids) -> dict[str, Any]:
    found = match.found
    main = found.main
    season = parents.get(found.season_key) if found.season_key else None
    show = parents.get(found.show_key) if found.show_key else None
    ids, source = _weighed(match, from_nfo)
    return {
        "library_id": library.id,
        "kind": MediaKind(found.kind),
        "key": paths.stored(found.key),
        "unit": paths.stored(found.unit),
        "folder": _absolute(library, found.folder),
        "own_folder": found.own_folder,
        "main_path": _absolute(library, main.path) if main else None,
        "parsed_title": _clean(found.title),
        "parsed_year": found.year,
        "season_number": found.season,
        "episode_number": found.episodes[0] if found.episodes else None,
        "episode_numbers": list(found.episodes),
        "absolute_number": found.absolute,
        "air_date": found.aired,
        "parent_id": season if found.kind == "episode" else show,
        "show_id": show,
        "tmdb_id": ids.tmdb,
        "imdb_id": ids.imdb,
        "tvdb_id": ids.tvdb,
        "ids_source": source,
        "fingerprint": None if found.kind == "season" else match.fingerprint,
    }


def _weighed(match: Match, from_nfo: Ids) -> tuple[Ids, str | None]:
    """The ids to keep and their source: what is known stays unless a source as strong says otherwise."""
    known = match.known.ids if match.known else NONE
    source = match.known.ids_source if match.known else None
    new = from_nfo.over(match.found.ids) if from_nfo else match.found.ids
    new_source = IdsSource.NFO.value if from_nfo else IdsSource.NAME.value
    if not new or _STRENGTH[new_source] < _STRENGTH[source]:
        return known, source
    agree = any(
        getattr(new, one) and getattr(new, one) == getattr(known, one) for one in ("tmdb", "imdb", "tvdb")
    )
    return (new.over(known) if agree else new), new_source


def _update(session: Session, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    media = cast("sa.Table", Media.__table__)
    table = media.c
    renamed = sa.or_(
        table.parsed_title.is_distinct_from(sa.bindparam("parsed_title")),
        table.parsed_year.is_distinct_from(sa.bindparam("parsed_year", type_=sa.Integer)),
    )
    reset = sa.and_(renamed, table.match_state != MatchState.MANUAL)
    statement = (
        sa.update(media)
        .where(table.id == sa.bindparam("media_id"))
        .values(
            {name: sa.bindparam(name, type_=table[name].type) for name in _WRITTEN}
            | {
                "title": sa.case((renamed, sa.bindparam("parsed_title", type_=sa.Text)), else_=table.title),
                "year": sa.case((renamed, sa.bindparam("parsed_year", type_=sa.Integer)), else_=table.year),
                "match_state": sa.case((reset, MatchState.NONE), else_=table.match_state),
                "status": MediaStatus.PRESENT,
                "gone_at": None,
                "updated_at": sa.func.now(),
            }
        )
    )
    session.connection().execute(
        statement, [{k: v for k, v in row.items() if k not in ("library_id", "kind")} for row in rows]
    )


def _insert(session: Session, rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    numbers = sa.text("SELECT nextval(pg_get_serial_sequence('media', 'id')) FROM generate_series(1, :count)")
    ids = list(session.scalars(numbers, {"count": len(rows)}))
    _copy(
        session,
        "media",
        ("id", "title", "year", *_COPIED),
        (
            (one, row["parsed_title"], row["parsed_year"], *(row[name] for name in _COPIED))
            for one, row in zip(ids, rows, strict=True)
        ),
    )
    return ids


def _replace_files(session: Session, library: Library, titles: Sequence[tuple[int, Match]]) -> None:
    known = [one for one, match in titles if match.known]
    if known:
        session.execute(sa.delete(MediaFile).where(MediaFile.media_id.in_(known)))
    _copy(
        session,
        "media_files",
        ("media_id", "role", "path", "part", "size_bytes", "mtime_ns", "inode"),
        (
            (
                one,
                file.role,
                _absolute(library, file.path),
                file.part,
                file.size_bytes,
                file.mtime_ns,
                file.inode,
            )
            for one, match in titles
            for file in match.found.files
        ),
    )


def _copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Many rows at once, inside the session's transaction; several times as fast as inserts."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with db.raw(session).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([Jsonb(value) if isinstance(value, list) else value for value in row])


def _set_status(session: Session, ids: Sequence[int], status: MediaStatus) -> None:
    if ids:
        gone_at = sa.func.now() if status is MediaStatus.GONE else None
        session.execute(
            sa.update(Media)
            .where(Media.id.in_(ids))
            .values(status=status, gone_at=gone_at, updated_at=sa.func.now())
        )


def _name_seasons(session: Session, library_id: int) -> None:
    season = aliased(Media)
    query = (
        sa.select(Media.id, Media.fingerprint, sa.func.array_agg(season.season_number))
        .join(season, sa.and_(season.show_id == Media.id, season.kind == MediaKind.SEASON))
        .where(
            Media.library_id == library_id, Media.kind == MediaKind.SHOW, season.status == MediaStatus.PRESENT
        )
        .group_by(Media.id)
    )
    for show_id, before, seasons in session.execute(query).all():
        now = fingerprints.with_seasons(
            fingerprints.without_seasons(before) or "", [one for one in seasons if one is not None]
        )
        if now != before:
            session.execute(sa.update(Media).where(Media.id == show_id).values(fingerprint=now))


def _absolute(library: Library, path: str) -> str:
    return paths.join(library.path, paths.stored(path))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
