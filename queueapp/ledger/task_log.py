"""The log of a task: the newest lines of all its items together."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog

#: Items looked at: those changed last are the ones that write.
ITEMS_LOOKED_AT = 300


class TaskLogLine(BaseModel):
    """One line of an item's log, with the item that wrote it."""

    item_id: int
    item: str
    seq: int
    at: datetime
    level: str
    message: str


def newest(session: Session, task_id: int, limit: int) -> list[TaskLogLine]:
    """Return the newest log lines of a task's items that run or ran last, in order of time."""
    items = _latest_items(session, task_id)
    query = sa.select(ItemLog).where(ItemLog.item_id.in_(list(items)))
    rows = session.scalars(
        query.order_by(ItemLog.at.desc(), ItemLog.item_id, ItemLog.seq.desc()).limit(limit)
    )
    lines = [
        TaskLogLine(
            item_id=row.item_id,
            item=items[row.item_id],
            seq=row.seq,
            at=row.at,
            level=row.level,
            message=row.message,
        )
        for row in rows
    ]
    return lines[::-1]


def _latest_items(session: Session, task_id: int) -> dict[int, str]:
    """The items in flight, and those furthest on in the task's order: these have written last."""
    columns = (Item.id, Item.title, Item.subject, Item.type)
    ours = Item.task_id == task_id
    in_flight = sa.select(*columns).where(ours, Item.stage == 3).limit(ITEMS_LOOKED_AT)
    started = (
        sa.select(*columns).where(ours, Item.attempt > 0).order_by(Item.index.desc()).limit(ITEMS_LOOKED_AT)
    )
    rows = [*session.execute(in_flight), *session.execute(started)]
    return {row.id: row.title or row.subject or row.type for row in rows}
