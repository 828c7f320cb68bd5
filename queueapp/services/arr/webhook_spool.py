"""Webhooks on the disk while the database is away: one fsynced file each, taken in later in their order.

Radarr and Sonarr never send twice, so what is answered 200 must outlive a power cut.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from queueapp.models.webhook import Origin
from queueapp.services.arr.webhook_intake import Delivery

#: What names of files begin with: nanoseconds since 1970, so that they sort by age.
_DIGITS = 20


class SpoolFull(Exception):
    """Nothing can be written: the disk is full, read-only or broken."""


@dataclass(frozen=True, slots=True)
class Health:
    """How many webhooks wait on the disk, since when, and how many cannot be read."""

    waiting: int
    oldest_at: datetime | None
    damaged: int


@dataclass
class Spool:
    """The folder of one instance."""

    folder: Path
    _last: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, data_dir: Path) -> Spool:
        """The spool in a data directory."""
        return cls(data_dir / "webhooks" / "spool")

    def put(self, delivery: Delivery) -> None:
        """Write a webhook so that a crash does not lose it. Raises SpoolFull."""
        content = json.dumps({**dataclasses.asdict(delivery)}, default=str).encode()
        name = f"{self._stamp():0{_DIGITS}d}-{delivery.receipt}.json"
        temporary = self.folder / f".{name}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_durably(temporary, content)
            temporary.rename(self.folder / name)
            _sync_folder(self.folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise SpoolFull(error.strerror or str(error)) from error

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return next(self._names(), None) is None

    def take(self, store: Callable[[Delivery], object]) -> int:
        """Give each webhook to `store`, oldest first, and delete its file when that returned; returns how many.

        Nothing is done while another process is at it. What cannot be read is put aside.
        """
        taken = 0
        with self._alone() as alone:
            for name in sorted(self._names()) if alone else ():
                path = self.folder / name
                try:
                    delivery = _read(path.read_bytes())
                except FileNotFoundError:
                    continue
                except (ValueError, KeyError, TypeError):
                    self._put_aside(path)
                    continue
                store(delivery)
                path.unlink(missing_ok=True)
                taken += 1
        return taken

    def health(self) -> Health:
        """What waits here."""
        names = sorted(self._names())
        oldest = datetime.fromtimestamp(int(names[0][:_DIGITS]) / 1e9, UTC) if names else None
        damaged = self._damaged()
        return Health(len(names), oldest, sum(1 for _ in damaged.iterdir()) if damaged.is_dir() else 0)

    def _names(self) -> Iterator[str]:
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name[:_DIGITS].isdigit() and entry.name.endswith(".json"):
                    yield entry.name

    def _stamp(self) -> int:
        """Nanoseconds, always more than before, even when the clock is set back."""
        with self._lock:
            if not self._last:
                self._last = max((int(name[:_DIGITS]) for name in self._names()), default=0)
            self._last = max(time.time_ns(), self._last + 1)
            return self._last

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        if not self.folder.is_dir():
            yield False
            return
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def _damaged(self) -> Path:
        return self.folder.parent / "damaged"

    def _put_aside(self, path: Path) -> None:
        self._damaged().mkdir(exist_ok=True)
        path.rename(self._damaged() / path.name)


def _read(content: bytes) -> Delivery:
    found = json.loads(content)
    return Delivery(
        source=str(found["source"]),
        event=str(found["event"]),
        body=str(found["body"]),
        downloader_id=found["downloader_id"],
        origin=Origin.SPOOL,
        receipt=uuid.UUID(found["receipt"]),
        received_at=datetime.fromisoformat(found["received_at"]),
    )


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
