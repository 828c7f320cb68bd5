"""What was told before: files by the imports that told of them, renames and deletions by the webhooks themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.connectors import arr_events
from queueapp.connectors.arr_events import Act, Told, ToldFile, ToldTitle
from queueapp.models.task import Task
from queueapp.models.webhook import Origin, Outcome, Webhook, WebhookFile
from queueapp.states import TaskStatus

#: Told again within this time, a file is the same one; what is read from a history counts for ever.
SAME_FILE = timedelta(hours=24)
#: How far the two halves of an upgrade may lie apart, and what a webhook and a history say of one moment.
UPGRADE = timedelta(minutes=10)
_ACTS_OF_GOING = (Act.DELETE, Act.REPLACED, Act.IMPORT)
WINDOWS = re.compile(r"^(?:[A-Za-z]:|\\\\)")


class Teller(Protocol):
    """What tells of files: a stored webhook, or one at the door."""

    @property
    def source(self) -> str:
        """What the address named."""

    @property
    def downloader_id(self) -> int | None:
        """Whose it is."""

    @property
    def origin(self) -> Origin:
        """How it came."""

    @property
    def received_at(self) -> datetime:
        """When it came, or happened."""


def is_known(session: Session, teller: Teller, files: Sequence[ToldFile]) -> bool:
    """Whether all these files were told of before."""
    return not sorted_out(session, teller, files)[0]


def sorted_out(
    session: Session, webhook: Teller, files: Sequence[ToldFile]
) -> tuple[list[ToldFile], WebhookFile | None]:
    """The files nobody told of before, and the last telling of one that somebody did."""
    if webhook.origin is Origin.REPLAY:
        return list(files), None
    places = {place_of(webhook, one.path): one for one in files}
    query = (
        sa.select(WebhookFile)
        .join(Task, Task.id == WebhookFile.task_id, isouter=True)
        .where(
            WebhookFile.place.in_(places),
            # A task that is pruned had its time.
            sa.or_(Task.id.is_(None), Task.status.not_in([TaskStatus.FAILED, TaskStatus.CANCELED])),
        )
        .order_by(WebhookFile.id)
    )
    if webhook.origin is not Origin.HISTORY:
        # A history also tells of files that were renamed or deleted since.
        query = query.where(~WebhookFile.superseded, WebhookFile.created_at > sa.func.now() - SAME_FILE)
    known = None
    for row in session.scalars(query):
        if row.place in places and _same(row, places[row.place], webhook):
            del places[row.place]
            known = row
    return list(places.values()), known


def _same(row: WebhookFile, file: ToldFile, webhook: Teller) -> bool:
    if row.mark is None or file.mark is None:
        # Without marks the time must tell: what was told after it happened is that.
        return webhook.origin is not Origin.HISTORY or row.created_at > webhook.received_at - UPGRADE
    return row.mark == file.mark


def story_of(webhook: Teller, title: ToldTitle) -> str:
    """What all that one downloader tells of one title has in common."""
    about = str(title.id) if title.id else title.folder or title.title
    return f"{teller_of(webhook)} {title.kind} {about}"[:500]


def retold(session: Session, teller: Teller, told: Told, origins: Sequence[Origin]) -> Webhook | None:
    """The webhook of one of these origins that told the same renames or deletions at the same time."""
    if told.title is None:
        return None
    query = sa.select(Webhook).where(
        Webhook.story == story_of(teller, told.title),
        Webhook.origin.in_(origins),
        Webhook.outcome != Outcome.ERROR,
        Webhook.received_at.between(teller.received_at - UPGRADE, teller.received_at + UPGRADE),
    )
    for one in session.scalars(query.order_by(Webhook.id)):
        if one is not teller and _covers(arr_events.read(json.loads(one.body)), told, teller):
            return one
    return None


def _covers(earlier: Told, told: Told, teller: Teller) -> bool:
    """Whether all that is told now was told then."""

    def place(path: str) -> str:
        return place_of(teller, path)

    if told.renames:
        moves = {(place(before), place(now)) for before, now in earlier.renames}
        return all((place(before), place(now)) in moves for before, now in told.renames)
    if earlier.act not in _ACTS_OF_GOING:
        return False
    # An import tells what it replaced, too.
    went = earlier.replaced if earlier.act is Act.IMPORT else earlier.files
    gone = {place(one.path) for one in went}
    return all(earlier.whole or place(one.path) in gone for one in told.files)


def place_of(webhook: Teller, path: str) -> str:
    """A path in one form for every spelling; case means nothing on Windows."""
    if WINDOWS.match(path):
        path = path.replace("\\", "/").casefold()
    return f"{teller_of(webhook)} {path.rstrip('/')}"


def teller_of(webhook: Teller) -> str:
    """Who tells, so that what different downloaders tell is kept apart."""
    return f"downloader {webhook.downloader_id}" if webhook.downloader_id else webhook.source.lower()
