"""A frame of a video as its thumbnail, for episodes without a still."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.errors import Permanent, Skip
from queueapp.execution.context import Context
from queueapp.media import artwork_names, frames, paths, pictures, streams, tools
from queueapp.media.artwork import ArtKind
from queueapp.media.files import Target, Writer
from queueapp.media.pictures import Checked, NotAPicture
from queueapp.media.recycle import RecycleFolder
from queueapp.media.streams import NotPlayable
from queueapp.models.image import Image
from queueapp.services.title.media_places import Place, file_to_work_on, title_of

#: Seconds for one frame.
FRAME_SECONDS = 120.0
#: Extensions under which players find a thumbnail.
_EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".tbn")


def make_thumbnail(context: Context, path: str, *, overwrite: bool) -> dict[str, Any]:
    """Write `<video>-thumb.jpg` beside a video. Raises Skip when one is there or coming, Permanent."""
    with context.transaction() as session:
        place = file_to_work_on(session, context.settings, path)
        has_still = _has_still(session, place)
    target = Path(paths.on_disk(artwork_names.for_file(place.real, ArtKind.THUMB.value, 0, ".jpg")))
    name = paths.readable(paths.stored(target.name))
    if not overwrite:
        _refuse_needless(target, has_still=has_still)
    duration = _duration(place)
    if context.dry_run:
        return {"message": f"Would write {name}", "file": name, "would_write": True}
    at_seconds, picture = _best_frame(context, place, duration)
    writer = Writer(RecycleFolder.of(context.settings.data_dir), context.confirm_claim, context.task_id)
    with context.uninterrupted():
        is_new = writer.write(Target(target, place.root), picture.content)
    message = f"Wrote {name} of the frame at {at_seconds:.0f} s" if is_new else f"{name} stands as it should"
    context.log(message)
    return {
        "message": message, "file": name, "at_seconds": round(at_seconds, 3),
        "width": picture.width, "height": picture.height,
    }  # fmt: skip


def _refuse_needless(target: Path, *, has_still: bool) -> None:
    stem = target.with_suffix("")
    there = next((one for one in _EXTENSIONS if Path(f"{stem}{one}").exists()), None)
    if there:
        raise Skip(
            f"{paths.readable(paths.stored(stem.name))}{there} is there already", reason="already_there"
        )
    if has_still:
        raise Skip("there is a still, which publish writes", reason="has_still")


def _has_still(session: Session, place: Place) -> bool:
    media = title_of(session, place)
    if media is None:
        return False
    query = sa.select(Image.id).where(
        Image.media_id == media.id,
        Image.kind == ArtKind.THUMB.value,
        Image.selected,
        Image.sha256.is_not(None),
    )
    return session.scalars(query.limit(1)).first() is not None


def _duration(place: Place) -> float:
    try:
        found = streams.read(str(place.on_disk))
    except NotPlayable as bad:
        raise Permanent(f"{place.shown}: {bad}") from None
    except PermissionError:
        raise Permanent(f"{place.shown} may not be read by the user queueapp runs as") from None
    return found.duration_seconds or 0.0


def _best_frame(context: Context, place: Place, duration: float) -> tuple[float, Checked]:
    """The first frame that shows something, else the one that shows most."""
    program = tools.find(context.settings, "ffmpeg")
    best: tuple[float, float, Checked] | None = None
    reason = ""
    with tempfile.TemporaryDirectory(prefix="queueapp-") as folder:
        output = Path(folder) / "frame.jpg"
        for number, part in enumerate(frames.POSITIONS):
            context.step(number, len(frames.POSITIONS), "looking for a frame that shows something")
            at_seconds = duration * part
            done = context.run(
                frames.command(program, str(place.on_disk), at_seconds, str(output)),
                timeout_seconds=FRAME_SECONDS,
            )
            if not output.exists():
                reason = (done.stderr.strip().splitlines() or ["it gave no frame"])[-1]
                continue
            try:
                picture = pictures.check(output.read_bytes())
            except NotAPicture as bad:
                reason = str(bad)
                continue
            finally:
                output.unlink()
            worth = frames.worth(picture.content)
            if best is None or worth > best[0]:
                best = (worth, at_seconds, picture)
            if worth >= 1.0:
                break
    if best is None:
        raise Permanent(f"no frame could be read from {place.shown}: {reason[:500]}")
    if best[0] <= 0.0:
        raise Skip("every frame looked at is of a single colour", reason="nothing_to_see")
    return best[1], best[2]
