"""Which titles Radarr or Sonarr manage: these are renamed only when asked to, and they are told then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors import arr_titles
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.media.path_mapping import NoMapping, to_ours, to_theirs
from queueapp.models.downloader import Downloader, DownloaderKind
from queueapp.models.library import LibraryKind
from queueapp.models.media import IdsSource, Media
from queueapp.models.webhook import WebhookFile
from queueapp.services.arr import downloader_contact, downloaders, told_before
from queueapp.services.library.library_paths import resolved
from queueapp.services.rename.planning import Subject

_KINDS = {LibraryKind.MOVIES: DownloaderKind.RADARR, LibraryKind.TV: DownloaderKind.SONARR}
#: Files of a series that are looked for among those webhooks told of.
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Manager:
    """Who manages a title; without an id one that is known by its webhooks only."""

    name: str
    downloader_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Teller:
    """A sender of webhooks, as files it told of are known by."""

    source: str
    downloader_id: int | None


def known_manager(session: Session, subject: Subject) -> Manager | None:
    """Who manages a title, by path mappings, webhooks and where its ids came from."""
    files = [one.path for _, videos in subject.works for one in videos][:_MOST_FILES]
    folder = (subject.show or subject.media).folder
    those = _downloaders(session, subject)
    for one in those:
        if any(paths.is_inside(resolved(folder), resolved(each["ours"])) for each in one.path_mappings):
            return Manager(one.name, one.id)
    kind = _KINDS[subject.library.kind]
    for one in those:
        if _told_of(session, _Teller(kind.value, one.id), _spelt(one, files)):
            return Manager(one.name, one.id)
    if _told_of(session, _Teller(kind.value, None), files):
        return Manager(kind.value.capitalize(), those[0].id if len(those) == 1 else None)
    if _head(subject).ids_source is IdsSource.DOWNLOADER:
        return Manager(
            those[0].name if those else kind.value.capitalize(), those[0].id if len(those) == 1 else None
        )
    return None


def manager(context: Context, subject: Subject) -> Manager | None:
    """As `known_manager`, and by the root folders of the downloaders that can be asked. Raises RetryLater."""
    with context.transaction() as session:
        known = known_manager(session, subject)
        those = _downloaders(session, subject)
        session.expunge_all()
    if known is not None:
        return known
    folder = resolved((subject.show or subject.media).folder)
    for one in those:
        if one.base_url and one.api_key and _is_below(folder, _roots(one)):
            return Manager(one.name, one.id)
    return None


def refusal(subject_label: str, who: Manager) -> str:
    """Why a managed title is left alone."""
    return (
        f"{who.name} manages {subject_label} and names its files itself: rename it there, or force it here; "
        f"{who.name} is then told to look at it again"
    )


def tell(context: Context, downloader_id: int, media_id: int, former_folder: str) -> str:
    """Have a downloader look at a title again where it lies now; returns what was done, in words."""
    with context.transaction() as session:
        downloader = session.get(Downloader, downloader_id)
        media = session.get(Media, media_id)
        head = session.get(Media, media.show_id) if media and media.show_id else media
        session.expunge_all()
    if downloader is None or not downloader.enabled or not downloader.base_url or not downloader.api_key:
        raise errors.Skip("the downloader cannot be asked: it has no address or no API key")
    if head is None:
        raise errors.Skip("the title is not in the library any more")
    arr = downloader_contact.client(downloader)
    number = head.tmdb_id if downloader.kind is DownloaderKind.RADARR else head.tvdb_id
    folders = _spelt(downloader, [former_folder, head.folder])
    found = arr_titles.find(arr, number, folders)
    if found is None:
        raise errors.Permanent(f"{downloader.name} knows no {head.title}")
    now = to_theirs(head.folder, downloaders.mappings_of(downloader), downloader.name)
    if context.dry_run:
        return f"Would have {downloader.name} look at {now} again"
    context.confirm_claim()
    arr_titles.rescan(arr, found, now)
    return f"{downloader.name} looks at {now} again"


def _downloaders(session: Session, subject: Subject) -> list[Downloader]:
    kind = _KINDS[subject.library.kind]
    query = sa.select(Downloader).where(Downloader.enabled, Downloader.kind == kind).order_by(Downloader.id)
    return list(session.scalars(query))


def _told_of(session: Session, teller: _Teller, files: Iterable[str]) -> bool:
    prefix = f"downloader {teller.downloader_id}" if teller.downloader_id else teller.source
    places = [f"{prefix} {told_place(path)}" for path in files]
    query = sa.select(WebhookFile.id).where(WebhookFile.place.in_(places), ~WebhookFile.superseded)
    return session.scalars(query.limit(1)).first() is not None


def told_place(path: str) -> str:
    """A path as files that webhooks told of are kept."""
    if told_before.WINDOWS.match(path):
        path = path.replace("\\", "/").casefold()
    return path.rstrip("/")


def _spelt(downloader: Downloader, files: Iterable[str]) -> list[str]:
    found = []
    for path in files:
        try:
            found.append(to_theirs(path, downloaders.mappings_of(downloader), downloader.name))
        except NoMapping:
            continue
    return found


def _roots(downloader: Downloader) -> list[str]:
    found = []
    for root in arr_titles.root_folders(downloader_contact.client(downloader)):
        try:
            found.append(to_ours(root, downloaders.mappings_of(downloader), downloader.name))
        except NoMapping:
            continue
    return found


def _is_below(folder: str, roots: Iterable[str]) -> bool:
    return any(paths.is_inside(folder, resolved(one)) for one in roots if one.startswith("/"))


def _head(subject: Subject) -> Media:
    return subject.show or subject.media
