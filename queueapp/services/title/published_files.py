"""Put planned files in place, leave alone what others made, and remember what is ours."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.media import files, paths
from queueapp.media.artwork_names import EXTENSIONS
from queueapp.media.files import Writer
from queueapp.models.media import Media
from queueapp.services.title.publication import Plan, PlannedFile, target_of


@dataclass
class Published:
    """What became of a plan; paths in the stored form."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    ours: dict[str, list[int]] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        """Whether any file is another one now."""
        return bool(self.written or self.removed)

    def report(self, notes: list[str]) -> dict[str, Any]:
        """The item's result."""
        return {
            "written": self.written,
            "unchanged": len(self.unchanged),
            "kept": self.kept,
            "removed": self.removed,
            "notes": notes,
        }


def put_in_place(plan: Plan, writer: Writer, report: Callable[[float, str], None]) -> Published:
    """Write what differs, and take back what we wrote before and no longer want. Raises Permanent."""
    done = Published()
    for number, planned in enumerate(plan.files):
        report(number / len(plan.files), paths.base_name(planned.path))
        if is_foreign(plan, planned):
            done.kept.append(planned.path)
            continue
        target = target_of(plan, planned.path)
        if target.path.parent.name == ".actors":
            writer.make_folder(files.Target(target.path.parent, plan.root))
        (done.written if writer.write(target, planned.content) else done.unchanged).append(planned.path)
        done.ours[planned.path] = _stamp(target.path)
    for path in obsolete(plan):
        writer.remove(target_of(plan, path))
        done.removed.append(path)
    return done


def foresee(plan: Plan) -> Published:
    """What `put_in_place` would do, without doing it."""
    told = Published()
    for planned in plan.files:
        if is_foreign(plan, planned):
            told.kept.append(planned.path)
        elif files.read(target_of(plan, planned.path)) == planned.content:
            told.unchanged.append(planned.path)
        else:
            told.written.append(planned.path)
    told.removed = obsolete(plan)
    return told


def is_foreign(plan: Plan, planned: PlannedFile) -> bool:
    """Whether a picture that somebody else put there stands in the way; an NFO is merged, never in the way.

    A picture with another extension counts, and `poster.jpg` where we write `<video>-poster.jpg`: players would
    show either.
    """
    if planned.by_person or planned.path.endswith(".nfo"):
        return False
    for name in (planned.path, *([planned.rival] if planned.rival else [])):
        stem, _ = posixpath.splitext(name)
        for path in (stem + extension for extension in EXTENSIONS.values()):
            there = target_of(plan, path)
            if not there.path.is_file() or _is_ours(plan.title, path):
                continue
            if path != planned.path or files.read(there) != planned.content:
                return True
    return False


def obsolete(plan: Plan) -> list[str]:
    """What we wrote before, nobody changed since, and the plan no longer holds."""
    if not plan.is_whole or not plan.files:
        return []
    wanted = {planned.path for planned in plan.files}
    return [
        path
        for path in sorted(plan.title.published_files)
        if path not in wanted and _is_ours(plan.title, path)
    ]


def record(session: Session, plan: Plan, done: Published, task_id: int) -> None:
    """Store what stands there now. The task is noted only when it changed a file."""
    kept = {} if plan.is_whole else plan.title.published_files
    values: dict[str, Any] = {
        "published_files": {**kept, **done.ours},
        "published_at": sa.func.now(),
        # Of the title as it was read: a change since then must be published again.
        "published_fingerprint": plan.title.fingerprint,
        "published_enrichments": plan.enrichments,
    }
    if done.has_changed:
        values["published_task_id"] = task_id
    session.execute(sa.update(Media).where(Media.id == plan.title.id).values(**values))


def _is_ours(title: Media, path: str) -> bool:
    try:
        return bool(title.published_files.get(path) == _stamp(Path(paths.on_disk(path))))
    except OSError:
        return False


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]
