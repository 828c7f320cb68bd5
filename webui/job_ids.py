"""Job ids: `job_123` is task 123, `job_123_7` is the item with index 7 of it; plain numbers are accepted too."""

from __future__ import annotations

import re
from typing import NamedTuple

from queueapp import errors

#: The same without groups, for routes and schemas.
SHAPE = r"(?:job_)?[0-9]{1,18}(?:_[0-9]{1,18})?"
PATTERN = re.compile(r"(?:job_)?(\d{1,18})(?:_(\d{1,18}))?", re.ASCII)


class JobId(NamedTuple):
    """A task, or one of its items by index."""

    task_id: int
    item_index: int | None = None

    def __str__(self) -> str:
        return f"job_{self.task_id}" if self.item_index is None else f"job_{self.task_id}_{self.item_index}"


def task_id(text: str) -> int:
    """Return the task a text names; raises NotFound for anything else."""
    job = parse(text)
    if job.item_index is not None:
        raise errors.NotFound(f"{text} is part of a job")
    return job.task_id


def parse(text: str) -> JobId:
    """Return the job a text names; raises NotFound for a text that is no job id."""
    match = PATTERN.fullmatch(text)
    if match is None:
        raise errors.NotFound(f"there is no job {text!r}")
    task, item = match.groups()
    return JobId(int(task), None if item is None else int(item))
