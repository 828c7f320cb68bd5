"""Looks into files by their path: the streams, whether they can be played to the end, whether pictures are whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from queueapp.errors import Permanent, Skip
from queueapp.execution.context import Context
from queueapp.media import paths, pictures, streams, tools
from queueapp.media.classify import ARTWORK
from queueapp.media.pictures import NotAPicture
from queueapp.media.streams import NotPlayable, Streams
from queueapp.services.title import analysis
from queueapp.services.title.media_places import Place, existing_place, file_to_work_on, title_of

#: Complaints of ffmpeg that are reported; the rest is counted.
MAX_COMPLAINTS = 20
#: Part of a file's length that may be missing at its end before it counts as cut off.
_MISSING_PART = 0.02
_MISSING_SECONDS = 2.0
#: Said by ffmpeg of the times of packets, which is about its output and no damage.
_HARMLESS = ("non monotonically increasing dts", "non-monotonic dts", "timestamps are unset in a packet")


def mediainfo(context: Context, path: str) -> dict[str, Any]:
    """The streams of a video, kept when it belongs to a title. Raises Permanent."""
    with context.transaction() as session:
        place = file_to_work_on(session, context.settings, path)
        media = title_of(session, place)
        title = analysis.load(session, media.id) if media else None
    found = _streams(place)
    if found.truncated:
        context.warn(f"{place.shown}: the file ends too early; it may not be fully copied")
    if title and title.videos == (place.path,) and not context.dry_run:
        whole = analysis.read(title, context.step)
        with context.transaction() as session:
            analysis.keep(session, title, whole)
    message = analysis.in_words(found)
    context.log(message)
    return analysis.summary(found) | {"message": message, "file": place.shown, "size_bytes": found.size_bytes}


def integrity(context: Context, path: str, *, decode: bool) -> dict[str, Any]:
    """Play a video to its end without showing it, and report the damage. Raises Permanent."""
    with context.transaction() as session:
        place = file_to_work_on(session, context.settings, path)
    try:
        expected = streams.read(str(place.on_disk)).duration_seconds
    except NotPlayable as bad:
        return _report(context, place, [str(bad)], None, None, decode=decode)
    except PermissionError:
        raise Permanent(f"{place.shown} may not be read by the user queueapp runs as") from None
    if context.dry_run:
        return {"message": "Would be played to its end", "file": place.shown}
    reached = _Reached(context, expected)
    program = tools.find(context.settings, "ffmpeg")
    done = context.run(_playing(program, str(place.on_disk), decode=decode), on_line=reached.read)
    complaints = [line for line in done.stderr.splitlines() if line.strip() and not _is_harmless(line)]
    if done.returncode != 0 and not complaints:
        complaints = [f"ffmpeg ended with {done.returncode}"]
    if expected and reached.seconds < expected - max(_MISSING_SECONDS, expected * _MISSING_PART):
        complaints.append(f"it ends after {reached.seconds:.0f} s of {expected:.0f} s")
    return _report(context, place, complaints, expected, reached.seconds, decode=decode)


def artwork(context: Context, path: str) -> dict[str, Any]:
    """Validate a picture, those in a folder and below, or those beside a video. Raises Skip, Permanent."""
    with context.transaction() as session:
        place = existing_place(session, context.settings, path)
    found = list(_pictures(place.on_disk))
    if not found:
        raise Skip("there are no pictures", reason="no_pictures")
    checked = []
    for number, one in enumerate(found):
        context.step(number, len(found), paths.readable(paths.stored(one.name)))
        checked.append(_checked(one))
    damaged = [one for one in checked if one["problem"]]
    for bad in damaged:
        context.warn(f"{bad['file']}: {bad['problem']}")
    message = (
        f"{len(checked)} pictures, {len(damaged)} damaged"
        if damaged
        else f"{len(checked)} pictures, all whole"
    )
    # A result has its bounds: whole pictures beyond them are only counted.
    return {
        "message": message, "file": place.shown, "ok": not damaged, "checked": len(checked),
        "damaged": len(damaged), "pictures": (damaged + [one for one in checked if not one["problem"]])[:500],
    }  # fmt: skip


def _streams(place: Place) -> Streams:
    try:
        if place.on_disk.stat().st_size == 0:
            raise NotPlayable("the file is empty (0 bytes)")
        return streams.read(str(place.on_disk))
    except NotPlayable as bad:
        raise Permanent(f"{place.shown}: {bad}") from None
    except PermissionError:
        raise Permanent(f"{place.shown} may not be read by the user queueapp runs as") from None


class _Reached:
    """How far ffmpeg has come, by its lines of progress."""

    def __init__(self, context: Context, expected: float | None) -> None:
        self.seconds = 0.0
        self._tell: Callable[[float, str], None] = context.progress
        self._expected = expected

    def read(self, line: str) -> None:
        """Take one line."""
        key, _, value = line.partition("=")
        if key != "out_time_us" or not value.lstrip("-").isdigit():
            return
        self.seconds = max(self.seconds, int(value) / 1e6)
        if self._expected:
            # In the thread that reads the output; the item stops in its own.
            with contextlib.suppress(BaseException):
                self._tell(min(self.seconds / self._expected, 1.0), "playing")


def _playing(program: str, path: str, *, decode: bool) -> list[str]:
    command = [program, "-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1"]
    command += ["-err_detect", "+crccheck+bitstream+buffer"] if decode else []
    command += ["-i", path, "-map", "0:V?", "-map", "0:a?"]
    return [*command, *([] if decode else ["-c", "copy"]), "-f", "null", "-"]


def _is_harmless(line: str) -> bool:
    return any(words in line.lower() for words in _HARMLESS)


def _report(
    context: Context,
    place: Place,
    complaints: list[str],
    expected: float | None,
    reached: float | None,
    *,
    decode: bool,
) -> dict[str, Any]:
    problems = list(dict.fromkeys(line.strip()[:500] for line in complaints))
    if problems:
        context.warn(f"{place.shown} is damaged: {problems[0]}")
        message = f"Damaged: {problems[0]}" + (
            f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        )
    else:
        message = f"No damage found by {'decoding' if decode else 'reading'} all of it"
    context.log(message)
    return {
        "message": message, "file": place.shown, "ok": not problems, "damaged": bool(problems),
        "error_count": len(complaints), "errors": problems[:MAX_COMPLAINTS],
        "duration_seconds": expected, "played_seconds": reached,
        "method": "decode" if decode else "demux",
    }  # fmt: skip


def _pictures(place: Path) -> Iterator[Path]:
    if place.is_file() and _is_picture(place.name):
        yield place
        return
    if place.is_file():
        yield from sorted(one for one in place.parent.iterdir() if _is_picture(one.name) and one.is_file())
        return
    for folder, subfolders, names in os.walk(place):
        subfolders[:] = sorted(one for one in subfolders if one == ".actors" or not one.startswith("."))
        yield from (Path(folder) / name for name in sorted(names) if _is_picture(name))


def _is_picture(name: str) -> bool:
    extension = paths.split_extension(name)[1]
    return extension in ARTWORK and extension != "svg" and not name.startswith(".")


def _checked(path: Path) -> dict[str, Any]:
    shown = paths.readable(paths.stored(str(path)))
    try:
        picture = pictures.check(path.read_bytes())
    except (NotAPicture, OSError) as bad:
        problem = (bad.strerror or str(bad)) if isinstance(bad, OSError) else str(bad)
        return {"file": shown, "problem": problem}
    return {"file": shown, "width": picture.width, "height": picture.height, "problem": None}
