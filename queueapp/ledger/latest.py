"""The list of tasks, walked by cursor while tasks go on changing.

When a task was created never changes, so a walk in that order meets each task once. By latest change first, a task
that changes moves to the front, behind the back of who walks on. No row tells whether it was shown before it moved,
so a walk shows it rather once more than never: behind its end come, oldest change first, the tasks that were there
and have changed since the walk began, until it has caught up. None is missed: a task not shown yet stands either
where the walk still comes by, or has changed since the beginning and so stands in what follows the end.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import listing
from queueapp.ledger.filters import Cursor, Page, TaskFilter, bad_cursor
from queueapp.ledger.views import TaskPage, TaskView

#: A transaction open for longer than this is not waited for.
LONGEST_SECONDS = 60
#: Any transaction open now may still commit a change that bears the time of its beginning.
BEGAN = sa.text(
    "SELECT greatest(least(min(xact_start), now()), now() - make_interval(secs => :longest)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a walk is; as text the cursor of the list by latest change."""

    #: a cursor of the plain list: downwards, or upwards behind the end
    plain: str
    is_behind_end: bool
    #: nothing that was committed later bears an earlier time
    began: datetime
    #: newest change that the first page showed (no task that was there then is younger), and the tasks it showed
    #: that have changed since `began`
    newest: datetime
    shown: tuple[int, ...]

    def encode(self) -> str:
        """Return it as text for a URL."""
        parts = (self.plain, self.is_behind_end, self.began.isoformat(), self.newest.isoformat(), self.shown)
        packed = json.dumps(parts, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read it; raises BadPayload when it is garbage."""
        try:
            plain, behind, began, newest, shown = json.loads(
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            )
            times = datetime.fromisoformat(began), datetime.fromisoformat(newest)
            if None in (times[0].tzinfo, times[1].tzinfo) or type(behind) is not bool:
                raise ValueError("no such place")
            place = cls(plain, behind, *times, tuple(int(each) for each in shown))
        except (ValueError, TypeError, RecursionError):
            raise bad_cursor() from None
        Cursor.decode(place.plain, place.page(Page(order_by="updated_at")))
        return place

    def page(self, page: Page) -> Page:
        """The page of the plain list that comes next."""
        page = replace(page, cursor=self.plain, offset=0)
        return replace(page, order="asc", created_by_then=self.newest) if self.is_behind_end else page

    def knows(self, task: TaskView) -> bool:
        """Whether the first page has shown the task as it still is."""
        return task.id in self.shown and task.updated_at <= self.newest


def list_tasks(session: Session, chosen: TaskFilter, page: Page) -> TaskPage:
    """Return one page of the tasks a filter admits. Raises BadPayload for a cursor of another list."""
    if (page.order_by, page.order) != ("updated_at", "desc"):
        return listing.list_tasks(session, chosen, page)
    if page.cursor is None:
        return _first(session, chosen, page)
    place = _Place.decode(page.cursor)
    found = listing.list_tasks(session, chosen, place.page(page))
    if place.is_behind_end:
        found.tasks = [task for task in found.tasks if not place.knows(task)]
    found.next_cursor = _following(session, chosen, place, found)
    return found


def check_cursor(page: Page) -> None:
    """Raise BadPayload when the cursor of a page is garbage or of another order."""
    if page.cursor and (page.order_by, page.order) == ("updated_at", "desc"):
        _Place.decode(page.cursor)
    elif page.cursor:
        Cursor.decode(page.cursor, page)


def _first(session: Session, chosen: TaskFilter, page: Page) -> TaskPage:
    began = session.execute(BEGAN, {"longest": LONGEST_SECONDS}).scalar_one()
    found = listing.list_tasks(session, chosen, page)
    if found.next_cursor:
        shown = tuple(task.id for task in found.tasks if task.updated_at >= began)
        place = _Place(found.next_cursor, False, began, found.tasks[0].updated_at, shown)
        found.next_cursor = place.encode()
    return found


def _following(session: Session, chosen: TaskFilter, place: _Place, found: TaskPage) -> str | None:
    if found.next_cursor:
        return replace(place, plain=found.next_cursor).encode()
    if place.is_behind_end:
        return None
    start = Cursor("updated_at", "asc", (place.began, 0)).encode()
    behind = replace(place, plain=start, is_behind_end=True)
    some = Page(limit=len(place.shown) + 1, order_by="updated_at")
    changed = listing.list_tasks(session, chosen, behind.page(some)).tasks
    return None if all(place.knows(task) for task in changed) else behind.encode()
