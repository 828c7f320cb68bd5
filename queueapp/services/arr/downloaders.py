"""Downloaders: add, change, remove, and find the one that a webhook comes from."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.media.path_mapping import Mapping
from queueapp.models.downloader import Downloader, DownloaderKind
from queueapp.services.arr.downloader_views import DownloaderChanges, DownloaderView, NewDownloader
from queueapp.services.player.player_views import HIDDEN
from queueapp.services.taken_names import refused_when_taken

#: What a webhook key begins with, so that a leaked one is recognised.
KEY_PREFIX = "wk_"


def list_downloaders(session: Session) -> list[DownloaderView]:
    """All downloaders by name."""
    rows = session.scalars(sa.select(Downloader).order_by(sa.func.lower(Downloader.name)))
    return [DownloaderView.of(one) for one in rows]


def get_downloader(session: Session, downloader_id: int) -> DownloaderView:
    """One downloader. Raises NotFound."""
    return DownloaderView.of(load(session, downloader_id))


def add_downloader(session: Session, new: NewDownloader) -> DownloaderView:
    """Add a downloader; the view returned is the only one that shows its webhook key.

    Raises Conflict when its name is taken.
    """
    _refuse_other_kind(new.name, new.kind)
    key = new.webhook_key or KEY_PREFIX + secrets.token_urlsafe(24)
    values = new.model_dump(mode="json") | {"kind": new.kind, "webhook_key": key}
    downloader = Downloader(**values)
    with _name_taken(session, new.name):
        session.add(downloader)
        session.flush()
    return DownloaderView.of(downloader).model_copy(update={"webhook_key": key})


def change_downloader(session: Session, downloader_id: int, changes: DownloaderChanges) -> DownloaderView:
    """Change what was given of a downloader. Raises NotFound, or Conflict when the new name is taken."""
    downloader = load(session, downloader_id)
    values: dict[str, Any] = changes.model_dump(mode="json", exclude_unset=True)
    for name in ("api_key", "webhook_key"):
        if values.get(name) == HIDDEN:
            del values[name]
    name = values.get("name") or downloader.name
    _refuse_other_kind(name, downloader.kind)
    with _name_taken(session, name):
        for column, value in values.items():
            if value is not None or column in ("base_url", "api_key"):
                setattr(downloader, column, value)
        downloader.updated_at = sa.func.now()
        session.flush()
    session.refresh(downloader)
    return DownloaderView.of(downloader)


def remove_downloader(session: Session, downloader_id: int) -> None:
    """Remove a downloader; what it sent stays on record. Raises NotFound."""
    session.delete(load(session, downloader_id))
    session.flush()


def load(session: Session, downloader_id: int) -> Downloader:
    """The stored downloader with its secrets, for those who talk to it. Raises NotFound."""
    downloader = session.get(Downloader, downloader_id)
    if downloader is None:
        raise errors.NotFound(f"there is no downloader {downloader_id}")
    return downloader


def mappings_of(downloader: Downloader) -> list[Mapping]:
    """How the downloader spells our folders."""
    return [Mapping(ours=one["ours"], theirs=one["theirs"]) for one in downloader.path_mappings]


def by_name(session: Session, name: str) -> Downloader | None:
    """The downloader of that name, however it is capitalised."""
    return session.scalars(
        sa.select(Downloader).where(sa.func.lower(Downloader.name) == name.lower())
    ).first()


def sender(
    session: Session, source: str, key_of: int | None, instance: str, application_url: str
) -> Downloader | None:
    """The downloader that a webhook comes from, if one is configured.

    `source` is the name in the address and decides when it is a downloader's; radarr and sonarr stand for any
    of their kind: then the key's owner (`key_of`), the name and the address it gives itself, or that it is
    the only one, tell which.
    """
    named = by_name(session, source)
    if named is not None or source.lower() not in set(DownloaderKind):
        return named
    query = sa.select(Downloader).where(Downloader.kind == DownloaderKind(source.lower()), Downloader.enabled)
    those = session.scalars(query.order_by(Downloader.id)).all()
    for fits in (
        lambda one: one.id == key_of,
        lambda one: bool(instance) and one.name.lower() == instance.lower(),
        lambda one: bool(application_url) and (one.base_url or "").rstrip("/") == application_url.rstrip("/"),
    ):
        found = next(filter(fits, those), None)
        if found is not None:
            return found
    return those[0] if len(those) == 1 else None


def _refuse_other_kind(name: str, kind: DownloaderKind) -> None:
    if name.lower() in set(DownloaderKind) and name.lower() != kind.value:
        message = f"/webhooks/{name.lower()} is the address of every {name.capitalize()}"
        raise errors.BadPayload(message, [{"loc": ["name"], "msg": message}])


def _name_taken(session: Session, name: str) -> AbstractContextManager[None]:
    return refused_when_taken(session, "uq_downloaders_name", f"there is a downloader named {name} already")
