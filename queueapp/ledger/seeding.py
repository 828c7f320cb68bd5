"""Fills a ledger with made-up history by COPY, to see how it serves when it is large.

What it makes cannot be told from a year of real work, except that nothing of it can do harm: items that are not over
are `noop`, or wait for a time far ahead.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from queueapp.ledger.items import Conn
from queueapp.ledger.seeding_words import CREATORS, ERRORS, TYPES, WORDS
from queueapp.priorities import lane_of

#: Tasks of one COPY and commit.
BATCH = 5_000
#: The history goes back so far.
DAYS = 365
#: One task of all has this part of the items.
LARGEST = 0.05
#: How often each status occurs among 10,000 tasks; what is not over is among the newest tenth.
_OLD = {"completed": 8900, "failed": 700, "canceled": 400}
_NEW = {"completed": 4500, "failed": 400, "canceled": 100, "queued": 4980, "running": 20}
_TASK_COLUMNS = (
    "id, type, title, status, priority, created_by, origin, created_at, updated_at, started_at, finished_at,"
    " canceled_at, stopped_at, total_items, completed_items, failed_items, skipped_items, canceled_items, error,"
    " turn_at, scheduled_for"
)
_ITEM_COLUMNS = (
    'task_id, "index", type, title, status, stage, lane, payload, result, error, progress, attempt, max_attempts,'
    " available_at, created_at, started_at, finished_at, duration_ms"
)
_ENDS = ("completed", "failed", "skipped", "canceled")
_NULL = r"\N"
_FAR_AHEAD = "2999-01-01 00:00:00+00"


@dataclass(frozen=True, slots=True)
class _Seed:
    """A task to be made, with how many of its items came to which end; the others have not started."""

    id: int
    type: str
    title: str
    status: str
    priority: int
    creator: str
    created: datetime
    size: int
    ends: dict[str, int]

    @property
    def lane(self) -> int:
        return lane_of(self.priority)


def seed(
    conn: Conn,
    tasks: int,
    items: int,
    *,
    random_seed: int = 1,
    on_batch: Callable[[int, int], None] | None = None,
) -> None:
    """Add so many tasks, which have so many items together; `on_batch` is told how many of each are stored.

    Each batch is a commit of its own. At the end statistics are gathered, so that plans are good at once.
    """
    chance = random.Random(random_seed)
    now = _value(conn, "SELECT now()")
    first = _value(conn, "SELECT coalesce(max(id), 0) + 1 FROM queue_tasks")
    sizes = _sizes(tasks, items, chance)
    stored = 0
    for start in range(0, tasks, BATCH):
        batch = [
            _task(chance, first + place, sizes[place], now - _age(place, tasks), place >= 0.9 * tasks)
            for place in range(start, min(start + BATCH, tasks))
        ]
        with conn.transaction():
            conn.execute("SET LOCAL synchronous_commit = off")
            _copy(conn, f"COPY queue_tasks ({_TASK_COLUMNS}) FROM STDIN", map(_task_line, batch))
            _copy(conn, f"COPY queue_items ({_ITEM_COLUMNS}) FROM STDIN", map(_item_lines, batch))
        stored += sum(one.size for one in batch)
        if on_batch:
            on_batch(start + len(batch), stored)
    conn.execute("SELECT setval(pg_get_serial_sequence('queue_tasks', 'id'), max(id)) FROM queue_tasks")
    for table in ("queue_tasks", "queue_items"):
        conn.execute(f"VACUUM (ANALYZE) {table}".encode())


def _value(conn: Conn, query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    return row[0] if row else None


def _sizes(tasks: int, items: int, chance: random.Random) -> list[int]:
    """Return how many items each task has: most few, some many, one very many, together `items`."""
    if tasks == 0:
        return []
    sizes = [1] * tasks
    rest = max(items - tasks, 0)
    largest = int(rest * LARGEST)
    sizes[tasks // 2] += largest
    rest -= largest
    mean = rest / tasks
    for place in range(tasks):
        if rest <= 0:
            break
        more = min(rest, int(chance.expovariate(1 / mean)) if mean else 0)
        sizes[place] += more
        rest -= more
    sizes[-1] += rest
    return sizes


def _age(place: int, tasks: int) -> timedelta:
    """Return how long ago the `place`-th task was made: evenly spread, the last ones just now."""
    return timedelta(days=DAYS) * ((tasks - place) / tasks)


def _task(chance: random.Random, task_id: int, size: int, created: datetime, new: bool) -> _Seed:
    statuses = _NEW if new else _OLD
    status = chance.choices(tuple(statuses), tuple(statuses.values()))[0]
    kind = chance.choices(tuple(TYPES), [weight for weight, _ in TYPES.values()])[0]
    if status == "queued" and chance.random() < 0.3:
        kind = "noop"
    words = " ".join(chance.choices(WORDS, k=chance.randint(2, 4)))
    title = f"{TYPES[kind][1]} {words} ({chance.randint(1920, 2026)})"
    priority = chance.choices((1, 3, 5, 8), (2, 10, 70, 18))[0]
    creator = chance.choices(tuple(CREATORS), tuple(CREATORS.values()))[0]
    return _Seed(task_id, kind, title, status, priority, creator, created, size, _ends(status, size, chance))


def _ends(status: str, size: int, chance: random.Random) -> dict[str, int]:
    if status == "queued":
        return {}
    if status == "running":
        return {"completed": size // 2}
    if status == "canceled":
        done = chance.randint(0, size - 1)
        return {"completed": done, "canceled": size - done}
    failed = chance.randint(1, max(size // 10, 1)) if status == "failed" else 0
    skipped = (size - failed) // 20
    return {"completed": size - failed - skipped, "skipped": skipped, "failed": failed}


def _copy(conn: Conn, statement: str, lines: Iterator[str]) -> None:
    with conn.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for text in lines:
            copy.write(text)


def _task_line(task: _Seed) -> str:
    over = task.status in {"completed", "failed", "canceled"}
    created = task.created
    ended = created + timedelta(seconds=2 + task.size * 0.3)
    started = _NULL if task.status == "queued" else created + timedelta(seconds=1)
    canceled = ended if task.status == "canceled" else _NULL
    fields: Sequence[object] = (
        task.id, task.type, task.title, task.status, task.priority, task.creator, task.creator.partition(":")[0],
        created, created if task.status == "queued" else ended, started, ended if over else _NULL,
        canceled, canceled, task.size, *(task.ends.get(end, 0) for end in _ENDS),
        ERRORS[task.id % len(ERRORS)] if task.status == "failed" else _NULL, created,
        _FAR_AHEAD if task.status == "queued" and task.type != "noop" else _NULL,
    )  # fmt: skip
    return "\t".join(map(str, fields)) + "\n"


def _item_lines(task: _Seed) -> str:
    """Return the lines of all items of a task, which differ in their place, end and duration only."""
    created = str(task.created)
    started, ended = (str(task.created + timedelta(seconds=wait)) for wait in (1, 2))
    head = f"{task.type}\t{task.title}\t"
    lines, place = [], 0
    for end, count in task.ends.items():
        done = f'{{"n": {task.id % 1000}}}' if end in {"completed", "skipped"} else _NULL
        error = _NULL
        if end == "failed":
            error = f'{{"type": "OSError", "message": "{ERRORS[task.id % len(ERRORS)]}", "traceback": null}}'
        ran = end != "canceled"
        middle = (
            f"\t{head}{end}\t4\t{task.lane}\t{{}}\t{done}\t{error}\t{int(end == 'completed')}\t{int(ran)}\t6\t\\N"
            f"\t{created}\t{started if ran else _NULL}\t{ended}\t"
        )
        durations = [str(20 + (task.id * 7 + step * 13) % 900) if ran else _NULL for step in range(10)]
        lines += [
            f"{task.id}\t{number}{middle}{durations[number % 10]}\n" for number in range(place, place + count)
        ]
        place += count
    ready = task.type == "noop"
    rest = (
        f"\t{head}queued\t{2 if ready else 1}\t{task.lane}\t{{}}\t\\N\t\\N\t0\t0\t6"
        f"\t{_NULL if ready else _FAR_AHEAD}\t{created}\t\\N\t\\N\t\\N\n"
    )
    lines += [f"{task.id}\t{number}{rest}" for number in range(place, task.size)]
    return "".join(lines)
