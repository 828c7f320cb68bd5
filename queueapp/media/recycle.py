"""Where replaced files go, so that nothing written over is lost at once."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Days a replaced file is kept.
RETENTION_DAYS = 30


@dataclass(frozen=True)
class RecycleFolder:
    """Replaced files by day; beside each lies a `.json` that says where it stood and which task did it."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> RecycleFolder:
        """The recycle folder of an instance."""
        return cls(data_dir / "recycle")

    def keep(self, path: Path, task_id: int | None) -> Path:
        """Copy a file that is about to be replaced, with its times, and return the copy."""
        day = self.folder / time.strftime("%Y-%m-%d", time.gmtime())
        day.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy = day / uuid.uuid4().hex
        try:
            shutil.copy2(path, copy)
            # A path need not be valid text: surrogate escapes survive in JSON's \u form.
            note = {"path": os.fspath(path), "task_id": task_id, "replaced_at": time.time()}
            copy.with_suffix(".json").write_text(json.dumps(note), encoding="ascii")
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return copy

    def holds(self, copy: Path) -> bool:
        """Whether a copy is (still) kept here."""
        return copy.is_file() and copy.parent.parent == self.folder

    def of_task(self, task_id: int) -> Iterator[tuple[Path, Path]]:
        """The copies a task made with the paths they came from, oldest first."""
        notes = sorted(
            (
                json.loads(note.read_text(encoding="ascii")) | {"copy": note.with_suffix("")}
                for note in self._notes()
            ),
            key=lambda note: note["replaced_at"],
        )
        return ((note["copy"], Path(note["path"])) for note in notes if note["task_id"] == task_id)

    def prune(self, older_than_days: int = RETENTION_DAYS, *, dry_run: bool = False) -> int:
        """Delete what was replaced longer ago; returns how many files went, or with `dry_run` would go."""
        oldest = time.strftime("%Y-%m-%d", time.gmtime(time.time() - older_than_days * 86_400))
        removed = 0
        for day in self.folder.iterdir() if self.folder.is_dir() else ():
            if day.is_dir() and day.name < oldest:
                removed += sum(1 for copy in day.iterdir() if copy.suffix != ".json")
                if not dry_run:
                    shutil.rmtree(day, ignore_errors=True)
        return removed

    def _notes(self) -> Iterator[Path]:
        return self.folder.glob("*/*.json")
