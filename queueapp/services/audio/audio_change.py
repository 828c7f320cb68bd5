"""Changes the default flags of a file, verifies that, and puts it back when it is not right.

A Matroska file is changed in place, or, when other hard links must not change, in a copy that takes its place; an
MP4 is written anew beside the old one, which it then replaces.
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import os
import secrets
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from queueapp.errors import Permanent, RetryLater
from queueapp.execution.context import Context
from queueapp.media.audio_plan import AudioPlan, differences
from queueapp.media.audio_tracks import Contents
from queueapp.media.containers import Container
from queueapp.media.files import TEMPORARY_PREFIX, sync_folder
from queueapp.services.audio.audio_choice import AudioPolicy
from queueapp.services.audio.audio_probe import Probe, last_line, plain_name
from queueapp.services.title.media_places import Place

#: Seconds for a change in place, which rewrites some headers.
IN_PLACE_SECONDS = 120.0
#: Bytes copied between two looks whether the item is canceled.
CHUNK_BYTES = 16 * 1024 * 1024
#: Bytes by which headers may grow.
HEADROOM_BYTES = 1024 * 1024
#: mkvpropedit's way of saying: written, with warnings.
_WARNED = 1


class Way(enum.StrEnum):
    """How a file is changed."""

    IN_PLACE = "in_place"
    COPY = "copy"
    REMUX = "remux"


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to which file, by which program."""

    place: Place
    container: Container
    before: Contents
    plan: AudioPlan
    way: Way
    program: str
    policy: AudioPolicy

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.on_disk

    def shown_command(self) -> list[str]:
        """The command, as a person would type it."""
        name = Path(self.program).name
        if self.way is Way.REMUX:
            temporary = str(Path(self.place.shown).with_name(f"{TEMPORARY_PREFIX}audio{self.path.suffix}"))
            return self.plan.ffmpeg(name, self.place.shown, temporary, self.container.value)
        return self.plan.mkvpropedit(name, self.place.shown)


def refuse_impossible(change: Change) -> None:
    """Raise Permanent for a file or folder that may not be written, or when space would not suffice."""
    path, folder = change.path, change.path.parent
    is_locked = not stat.S_IMODE(path.stat().st_mode) & 0o222
    if is_locked or not os.access(path, os.W_OK):
        raise Permanent(f"{change.place.shown} is read-only")
    if change.way is not Way.IN_PLACE and not os.access(folder, os.W_OK | os.X_OK):
        raise Permanent(
            f"the folder of {change.place.shown} is read-only, so it cannot be written anew there"
        )
    needed = HEADROOM_BYTES
    if change.way is not Way.IN_PLACE:
        needed += path.stat().st_size + change.policy.reserve_bytes
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Permanent(
            f"not enough space: {_mebibytes(needed)} are needed in {folder.name}, {_mebibytes(free)} are free"
        )


def apply(context: Context, change: Change) -> list[str]:
    """Change the file and verify it; returns the streams of data and the tags that were left out.

    Raises Permanent with the file as it was; a cancel leaves it as it was too.
    """
    # A cancel is heeded where the context is asked (in the remux, between chunks of a copy), never in the middle
    # of a rename, a clean-up or a change in place.
    with context.uninterrupted():
        if change.way is Way.IN_PLACE:
            _in_place(context, change)
            return []
        return _by_replacement(context, change)


def _in_place(context: Context, change: Change) -> None:
    before = change.path.stat()
    context.confirm_claim()
    probe = Probe(context.settings, _run_to_the_end)
    with plain_name(change.path) as name:
        done = _run_to_the_end(change.plan.mkvpropedit(change.program, name))
        problems = _problems(change, probe, change.path, done)
        if problems:
            _run_to_the_end(change.plan.undo_mkvpropedit(change.program, name))
    if change.policy.keep_mtime or problems:
        os.utime(change.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    if problems:
        is_back = probe.contents(change.path, change.container) == change.before
        outcome = "the flags are as they were" if is_back else "the flags could not be put back"
        raise Permanent(f"the change was not right ({'; '.join(problems)}); {outcome}")


def _by_replacement(context: Context, change: Change) -> list[str]:
    before = change.path.stat()
    with _temporary(change.path) as temporary:
        if change.way is Way.REMUX:
            done = _remux(context, change, temporary)
        else:
            _copy(context, change.path, temporary)
            with plain_name(temporary) as name:
                done = _run_to_the_end(change.plan.mkvpropedit(change.program, name))
        context.progress(0.9, "verifying")
        probe = Probe(context.settings, _run_to_the_end)
        problems = _problems(change, probe, temporary, done)
        if problems:
            raise Permanent(f"the new file was not right ({'; '.join(problems)}); the old one is untouched")
        _take_after(change.path, temporary, keep_mtime=change.policy.keep_mtime)
        _put_in_place(context, change.path, temporary, before)
    return _left_out(change.before, probe.contents(change.path, change.container))


def _left_out(before: Contents, after: Contents) -> list[str]:
    data = [one for one in before.data if one not in after.data]
    return data + [f"the tag {one}" for one in before.tags if one not in after.tags]


def _remux(context: Context, change: Change, temporary: Path) -> CompletedProcess[str]:
    command = change.plan.ffmpeg(
        change.program, os.fspath(change.path), os.fspath(temporary), change.container.value
    )
    return context.run(command, on_line=_progress_of(context, change.before.duration_seconds))


def _progress_of(context: Context, duration_seconds: float | None) -> Callable[[str], None]:
    def tell(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.isdigit() and duration_seconds:
            done = min(int(value) / 1e6 / duration_seconds, 1.0)
            # It comes in the thread that reads the program's output; the item stops in its own.
            with contextlib.suppress(BaseException):
                context.progress(0.05 + 0.8 * done, "writing the file anew")

    return tell


def _copy(context: Context, source: Path, target: Path) -> None:
    total, copied = source.stat().st_size, 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            writer.write(chunk)
            copied += len(chunk)
            context.progress(
                0.85 * copied / max(total, 1), "copying, so that other hard links stay as they are"
            )


def _problems(change: Change, probe: Probe, path: Path, done: CompletedProcess[str]) -> list[str]:
    limit = 0 if change.way is Way.REMUX else _WARNED
    if not 0 <= done.returncode <= limit:
        said = last_line(done.stderr) or last_line(done.stdout) or f"exit code {done.returncode}"
        return [f"{Path(change.program).name} failed: {said}"]
    try:
        after = probe.contents(path, change.container)
    except Permanent as damaged:
        return [damaged.message]
    return differences(change.before, after, change.plan.target.number)


def _take_after(original: Path, temporary: Path, *, keep_mtime: bool) -> None:
    """Give the new file owner, mode, extended attributes and times of the old one, and have it on the disk."""
    old = original.stat()
    with contextlib.suppress(PermissionError):
        os.chown(temporary, old.st_uid, old.st_gid)
    shutil.copystat(original, temporary)
    if not keep_mtime:
        os.utime(temporary)
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put_in_place(context: Context, path: Path, temporary: Path, before: os.stat_result) -> None:
    now = path.stat()
    if (now.st_size, now.st_mtime_ns, now.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        raise RetryLater("the file was changed by somebody else meanwhile")
    context.confirm_claim()
    temporary.replace(path)
    sync_folder(path.parent)


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A place beside the file to write to, which is empty again afterwards; leftovers of a crash go first."""
    digest = hashlib.blake2b(os.fsencode(path.name), digest_size=6).hexdigest()
    prefix = f"{TEMPORARY_PREFIX}audio-{digest}-"
    with os.scandir(path.parent) as entries:
        leftovers = [path.parent / entry.name for entry in entries if entry.name.startswith(prefix)]
    for one in leftovers:
        one.unlink(missing_ok=True)
    temporary = path.parent / f"{prefix}{secrets.token_hex(4)}{path.suffix}"
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _run_to_the_end(command: Sequence[str]) -> CompletedProcess[str]:
    """Run a short program that must not be torn: it outlives a cancel, and this process too."""
    try:
        return subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            timeout=IN_PLACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return CompletedProcess(list(command), -1, "", f"it did not end within {IN_PLACE_SECONDS:.0f} s")


def _mebibytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MiB"
