"""What a downloader did while its webhooks could not reach us: taken in once each, as what came of it in the end."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db
from queueapp.connectors import arr_events, arr_history
from queueapp.connectors.arr_history import Happened, What
from queueapp.models.downloader import Downloader
from queueapp.models.webhook import Origin, Webhook
from queueapp.runtime import Runtime
from queueapp.services.arr import told_before, webhook_intake
from queueapp.services.arr.webhook_intake import Delivery

_NAMES = uuid.UUID("8b0b8d1e-3f43-4f0e-9a5e-6f9d2c1a7e55")
#: How far an import may lie from the deletion of what it replaces.
_UPGRADE = timedelta(minutes=10)
#: What arrives by itself, or waits on our own disk to be taken in.
_HEARD = [Origin.HTTP, Origin.SPOOL]


def take_missed(runtime: Runtime, downloader: Downloader, events: Sequence[Happened]) -> list[Happened]:
    """Act on what happened and no webhook told of, as if it had; returns it, oldest first."""
    means = webhook_intake.means_of(runtime)
    taken = []
    with runtime.transaction() as session:
        for event in outcome_of(events, lambda one: _is_known(session, downloader, one)):
            webhook_id = webhook_intake.store(db.raw(session), _delivery(downloader, event))
            if webhook_id is not None:
                webhook_intake.act_on(session, means, session.get_one(Webhook, webhook_id))
                taken.append(event)
        if events:
            newest = sa.func.greatest(Downloader.history_read_until, max(one.date for one in events))
            session.execute(
                sa.update(Downloader).where(Downloader.id == downloader.id).values(history_read_until=newest)
            )
    webhook_intake.dispatch(runtime, means)
    return taken


def outcome_of(events: Sequence[Happened], is_known: Callable[[Happened], bool]) -> list[Happened]:
    """What is left to be done of events, oldest first, when some are known: what they come to in the end.

    A file that was imported, renamed and deleted again asks for nothing; one renamed twice moves once.
    """
    known = [is_known(one) for one in events]
    #: what has still to be done about a file, by the path it has by then
    left: dict[str, Happened] = {}
    gone: list[Happened] = []
    for one, heard in zip(events, known, strict=True):
        if one.what is What.IMPORTED:
            gone = [each for each in gone if each.path != one.path]
            left.pop(one.path, None)
            if not heard:
                left[one.path] = one
        elif one.what is What.RENAMED:
            _follow(one, heard, left)
        else:
            earlier = left.pop(one.path, None)
            if _import_instead(one, events) is not None:
                continue
            if earlier is not None and earlier.what is What.RENAMED:
                gone.append(replace(one, path=earlier.before))
            elif not heard:
                gone.append(one)
    upgraded = [_with_replaced(one, events) for one in left.values()]
    return sorted([*upgraded, *gone], key=lambda one: (one.date, one.number))


def _follow(rename: Happened, heard: bool, left: dict[str, Happened]) -> None:
    earlier = left.pop(rename.before, None)
    if earlier is None:
        if not heard:
            left[rename.path] = rename
    elif earlier.before != rename.path:
        # The last record names it, so that reading only the end of the story again is no other event.
        left[rename.path] = replace(earlier, path=rename.path, date=rename.date, number=rename.number)


def _import_instead(deletion: Happened, events: Sequence[Happened]) -> Happened | None:
    """The import for which a file made room."""
    if not deletion.is_upgrade:
        return None
    near = (
        one
        for one in events
        if one.what is What.IMPORTED
        and one.title_id == deletion.title_id
        and abs(one.date - deletion.date) < _UPGRADE
        and _shares_episode(one, deletion)
    )
    return min(near, key=lambda one: abs(one.date - deletion.date), default=None)


def _shares_episode(one: Happened, other: Happened) -> bool:
    """Whether both are about the same episodes, as far as the history says; films have none."""
    mine, theirs = ({each.get("id") for each in happened.episodes} for happened in (one, other))
    return not mine or not theirs or bool(mine & theirs)


def _with_replaced(event: Happened, events: Sequence[Happened]) -> Happened:
    if event.what is not What.IMPORTED:
        return event
    made_room = (one for one in events if (taker := _import_instead(one, events)) and _is_same(taker, event))
    return replace(event, replaced=tuple(one.path for one in made_room))


def _is_same(one: Happened, event: Happened) -> bool:
    """Whether it is the same import, which may have been renamed since."""
    return one.number == event.number or (one.file_id is not None and one.file_id == event.file_id)


def _delivery(downloader: Downloader, event: Happened) -> Delivery:
    payload = arr_history.payload_of(event, downloader.kind.value)
    return Delivery(
        source=downloader.name,
        event=payload["eventType"],
        body=json.dumps(payload),
        downloader_id=downloader.id,
        origin=Origin.HISTORY,
        receipt=uuid.uuid5(_NAMES, f"{downloader.id} {event.number} {event.date.isoformat()}"),
        received_at=event.date,
    )


def _is_known(session: Session, downloader: Downloader, event: Happened) -> bool:
    delivery = _delivery(downloader, event)
    told = arr_events.read(json.loads(delivery.body))
    if event.what is What.IMPORTED:
        return told_before.is_known(session, delivery, told.files)
    return told_before.retold(session, delivery, told, _HEARD) is not None
