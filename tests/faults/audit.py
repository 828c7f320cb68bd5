"""Watches every change of an item's status in the database itself, and says at the end whether all came out right."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sqlalchemy as sa

from queueapp import states
from queueapp.bootstrap import Runtime
from tests.waiting import eventually

WATCH = """
CREATE TABLE status_changes (
    at timestamptz NOT NULL DEFAULT clock_timestamp(), item_id bigint, was text, became text, claim int
);
CREATE FUNCTION note_status_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO status_changes (item_id, was, became, claim) VALUES (NEW.id, OLD.status, NEW.status, NEW.claim_number);
    RETURN NULL;
END $$;
CREATE TRIGGER note_status_change AFTER UPDATE OF status ON queue_items FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_status_change();
"""
UNFINISHED = """
SELECT t.id, t.status, t.running_items, t.unsettled,
    (SELECT array_agg(DISTINCT (i.status, i.stage, i.worker_id)) FROM queue_items i
        WHERE i.task_id = t.id AND i.stage < 4)
FROM queue_tasks t WHERE t.id = ANY(:ids) AND (t.finished_at IS NULL OR t.running_items > 0 OR t.unsettled)
"""
WRONG_COUNTS = """
SELECT * FROM (
    SELECT t.id, t.total_items, t.completed_items, t.failed_items, t.skipped_items, t.canceled_items, t.running_items,
        count(i.id) AS items,
        count(*) FILTER (WHERE i.status = 'completed') AS completed,
        count(*) FILTER (WHERE i.status = 'failed') AS failed,
        count(*) FILTER (WHERE i.status = 'skipped') AS skipped,
        count(*) FILTER (WHERE i.status = 'canceled') AS canceled,
        count(*) FILTER (WHERE i.status = 'running') AS running
    FROM queue_tasks t LEFT JOIN queue_items i ON i.task_id = t.id GROUP BY t.id
) c WHERE (total_items, completed_items, failed_items, skipped_items, canceled_items, running_items)
    IS DISTINCT FROM (items, completed, failed, skipped, canceled, running)
"""
RECORDED_TWICE = """
SELECT item_id, array_agg(became || ' by claim ' || claim ORDER BY at) FROM status_changes
WHERE became = ANY(:terminal) GROUP BY item_id HAVING count(*) > 1
"""
LEFT_BEHIND = "SELECT count(*) FROM queue_concurrency_locks"


class Audit:
    """Attached to a runtime's database; `check` is called when the dust has settled."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        with runtime.transaction() as session:
            session.connection().exec_driver_sql(WATCH)

    def attach(self, runtime: Runtime) -> None:
        """Go on with another runtime on the same database."""
        self._runtime = runtime

    def check(self, *task_ids: int, seconds: float = 60) -> None:
        """Wait until these tasks have ended; none may be lost, no item recorded twice, no count wrong."""
        eventually(lambda: self._all_ended(task_ids), seconds=seconds, what="the end of every accepted task")
        with self._runtime.transaction() as session:
            known = session.execute(
                sa.text("SELECT id FROM queue_tasks WHERE id = ANY(:ids)"), {"ids": list(task_ids)}
            )
            lost = set(task_ids) - set(known.scalars())
            wrong = session.execute(sa.text(WRONG_COUNTS)).all()
            twice = session.execute(sa.text(RECORDED_TWICE), {"terminal": list(states.ITEM_TERMINAL)}).all()
            locks = session.execute(sa.text(LEFT_BEHIND)).scalar()
        assert not lost, f"accepted and lost: {lost}"
        assert not wrong, f"counts that are not those of the items: {wrong}"
        assert not twice, f"recorded more than once: {twice}"
        assert not locks, "concurrency keys nobody holds are taken"

    def longest_pause(self, since: float) -> float:
        """Seconds of the longest time without any change after a moment (seconds since 1970)."""
        times = [since, *self._times(since)]
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)

    def next_change(self, since: float, seconds: float = 60) -> float:
        """Wait for the first change after a moment; return how many seconds after it."""
        found = eventually(lambda: self._times(since), seconds=seconds, what="work going on")
        return found[0] - since

    def again(self, since: float, count: int, seconds: float = 60) -> float:
        """Wait until so many items have started once more; return the seconds from a moment to the last of them."""
        query = (
            "SELECT min(at) AS at FROM status_changes WHERE claim > 1 AND became <> 'queued' GROUP BY item_id"
        )
        found = eventually(
            lambda: times if len(times := self._times(since, query)) >= count else None,
            seconds=seconds,
            what=f"{count} items starting again",
        )
        return found[count - 1] - since

    def _times(self, since: float, query: str = "SELECT at FROM status_changes") -> list[float]:
        times = f"SELECT extract(epoch FROM at)::float8 AS at FROM ({query}) c"
        wanted = f"SELECT at FROM ({times}) t WHERE at > :since ORDER BY 1"
        with self._runtime.transaction() as session:
            return list(session.execute(sa.text(wanted), {"since": since}).scalars())

    def _all_ended(self, task_ids: Sequence[int]) -> bool:
        with self._runtime.transaction() as session:
            unfinished = session.execute(sa.text(UNFINISHED), {"ids": list(task_ids)}).all()
        assert not unfinished, unfinished
        return True
